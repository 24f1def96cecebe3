"""How the pure tests search: no deadline, since a busy machine is no defect; nothing kept on disk."""

from hypothesis import settings

settings.register_profile("unit", settings(), deadline=None, database=None)
settings.load_profile("unit")
