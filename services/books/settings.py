"""The settings of the books service, read from its environment."""

from common.settings import Settings as BaseSettings


class Settings(BaseSettings):
    """The settings of the books service."""

    table_name: str
