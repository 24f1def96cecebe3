"""What people can do. A command calls one service and words the reply; it holds no rule."""
