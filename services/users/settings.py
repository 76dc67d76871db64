"""What the users service reads from its environment."""

from common.settings import Settings as BaseSettings


class Settings(BaseSettings):
    """The settings of the users service.

    Attributes:
        table_name: Where the users are.
        public_user_read: Whether everyone may read a user by its id, without a token.
    """

    table_name: str
    public_user_read: bool
