"""Normalises passwords by the profile OpaqueString (RFC 8265 section 4.2).

The library is imported with the first password that needs it, because most processes never get one.
"""


class OpaqueString:
    """The `Profile` of this service: NFC, and every kind of space as the ASCII one."""

    def normalised(self, password: str) -> str | None:
        """See `Profile.normalised`."""
        # The profile does not change these; most passwords are like that, and need no import.
        if password.isascii() and password.isprintable():
            return password or None

        from precis_i18n import get_profile  # noqa: PLC0415 - see the module's docstring

        try:
            return get_profile("OpaqueString").enforce(password)
        except UnicodeEncodeError:
            return None
