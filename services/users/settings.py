"""What the users service reads from its environment."""

from common.settings import Settings as BaseSettings


class Settings(BaseSettings):
    """The settings of the users service."""

    table_name: str
