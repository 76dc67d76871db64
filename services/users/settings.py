"""The settings of the users service, read from its environment."""

from common.settings import Settings as BaseSettings


class Settings(BaseSettings):
    """The settings of the users service.

    Attributes:
        table_name: Name of the users table.
        public_user_read: Whether everyone may read a user by its id, without a token.
    """

    table_name: str
    public_user_read: bool
