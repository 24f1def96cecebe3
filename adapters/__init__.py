"""Everything outside the core except the database: platforms, ciphers, clock, ticker, log.

Each room owns one third-party library and may import ``bot``'s door, ports and plain values; never
another room.
"""
