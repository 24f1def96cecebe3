"""How the pure tests search: no deadline, since a busy machine is no defect; nothing kept on disk.
And where those of settings are read from."""

from hypothesis import settings

from tests.fakes.settings import bare_environment as bare_environment
from tests.fakes.settings import file as file

settings.register_profile("unit", settings(), deadline=None, database=None)
settings.load_profile("unit")
