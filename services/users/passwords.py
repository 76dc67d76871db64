"""The rules for passwords (NIST SP 800-63B section 3.1.1.2), and the ports that they need."""

import unicodedata
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

from common.failures import Invalid

# In characters of the normalised password (RFC 8265). Normalising makes at most four characters one.
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
LONGEST_SENT: Final = 4 * LONGEST_PASSWORD

SHORTEST_NAME: Final = 3  # a shorter one is no hint for guessing
LONGEST_REPEATED: Final = 4
SHORTEST_RUN: Final = 3
MOST_IRREGULAR: Final = 3


class PasswordRejected(Invalid):
    """The new password breaks a rule; the response does not contain it."""

    code = "password-rejected"
    title = "The password is not accepted"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, field="password")


class Hasher(Protocol):
    """Hashes passwords."""

    def hash(self, password: str) -> str:
        """Return a hash that names its method and parameters."""

    def matches(self, password: str, password_hash: str | None) -> bool:
        """Return whether the hash is of this password; None never matches, but takes the same time."""

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether the hash has other parameters than new hashes."""


class Profile(Protocol):
    """Defines which passwords are equal."""

    def normalised(self, password: str) -> str | None:
        """Return the only form of all equal passwords, or None if the password has characters that are not allowed."""


class CommonPasswords(Protocol):
    """Knows the passwords that are guessed first."""

    def __contains__(self, password: str) -> bool:
        """Return whether the password, in lower case, is a common one."""


class Comparison(NamedTuple):
    """The result of comparing a password with a stored hash.

    Attributes:
        matches: Whether the hash is of this password.
        is_outdated: Whether it matches, and a new hash of the password should replace it.
    """

    matches: bool
    is_outdated: bool


class PasswordHashing(NamedTuple):
    """Checks new passwords, and hashes and compares passwords in their normalised form.

    Attributes:
        hasher: Hashes and compares the normalised form.
        profile: Defines the normalised form.
        common: Passwords that are not accepted.
        names: Names of the product, which are not accepted either.
    """

    hasher: Hasher
    profile: Profile
    common: CommonPasswords
    names: tuple[str, ...]

    def check_new(self, password: str, *, email: str, username: str) -> None:
        """Check a password that is about to be set; passwords that were set before are never checked.

        Raises:
            PasswordRejected: It has the wrong length or characters, or would be guessed early.
        """
        if _is_too_long(password):
            raise PasswordRejected(f"The password is too long: use at most {LONGEST_PASSWORD} characters.")
        normalised = self.profile.normalised(password)
        if normalised is None and password:
            raise PasswordRejected(
                "The password contains a control character or an invisible one: use letters, digits, punctuation, "
                "symbols and spaces."
            )
        if normalised is None or len(normalised) < SHORTEST_PASSWORD:
            raise PasswordRejected(f"The password is too short: use at least {SHORTEST_PASSWORD} characters.")
        if _is_regular(normalised):
            raise PasswordRejected("The password only repeats or counts characters: choose a less regular one.")
        forms = _compared_forms(normalised)
        names = (*self.names, email, email.partition("@")[0], username)
        if any(len(form) >= SHORTEST_NAME for name in names for form in forms & _compared_forms(name)):
            raise PasswordRejected(
                "The password is little more than the e-mail address, the user name or the name of this product: "
                "choose another one."
            )
        if any(form in self.common for form in forms):
            raise PasswordRejected("The password is little more than a very common one: choose another one.")

    def hash(self, password: str) -> str:
        """Return a hash of the normalised password."""
        return self.hasher.hash(self._normalised(password))

    def compare(self, password: str, password_hash: str | None) -> Comparison:
        """Compare a password with a stored hash; None never matches.

        The time depends on the password that was sent, never on the hash: it is that of two comparisons if normalising
        changes the password, else of one.
        """
        normalised = self._normalised(password)
        matches = self.hasher.matches(normalised, password_hash)
        # Hashes that are older than the profile are of the password as it was sent.
        matches_as_sent = normalised != password and self.hasher.matches(password, password_hash)
        if password_hash is None or not (matches or matches_as_sent):
            return Comparison(matches=False, is_outdated=False)
        return Comparison(matches=True, is_outdated=matches_as_sent or self.hasher.is_outdated(password_hash))

    def _normalised(self, password: str) -> str:
        # Passwords that are older than the profile may contain control characters, and are compared unchanged. No user
        # has a password that is too long.
        return password if _is_too_long(password) else self.profile.normalised(password) or password


def _is_too_long(password: str) -> bool:
    """Return whether the normalised password is too long, in less time than a profile may need for a long text."""
    return len(unicodedata.normalize("NFC", password)) > LONGEST_PASSWORD


def _compared_forms(text: str) -> set[str]:
    """Return the forms in which passwords are compared with names and common passwords.

    These are the text in lower case and without compatibility characters (NFKC), and its letters and digits; both also
    from the first to the last letter; and of each of these the part that it repeats. For "Pass-word Password 1" they
    are "pass-word password 1", "passwordpassword1", "pass-word password", "passwordpassword" and "password".
    """
    folded = _folded(text)
    whole = {folded, _joined(folded)}
    forms = whole | {_undecorated(form) for form in whole}
    return forms | {form[: (form + form).find(form, 1)] for form in forms}


def _undecorated(folded: str) -> str:
    """Return the text from the first to the last letter."""
    letters = [at for at, character in enumerate(folded) if character.isalpha()]
    return folded[letters[0] : letters[-1] + 1] if letters else ""


def _folded(text: str) -> str:
    """Return the text in lower case and without compatibility characters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _joined(folded: str) -> str:
    """Return the letters and digits."""
    return "".join(filter(str.isalnum, folded))


def _is_regular(password: str) -> bool:
    """Return whether all but at most three characters repeat or count, in the password or in its letters and digits.

    Fewer than twelve letters and digits must all repeat or count, and be most of the password: otherwise random
    passwords would be rejected as well.
    """
    folded = _folded(password)
    joined = _joined(folded)
    return any(
        _irregular(text) <= (MOST_IRREGULAR if len(text) >= SHORTEST_PASSWORD else 0)
        for text in (folded, joined)
        if 2 * len(text) > len(folded)
    )


def _irregular(text: str) -> int:
    """Return how many characters neither repeat at a distance of at most four nor are in runs of at least three.

    The characters of a run are equal, ascend or descend.
    """
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    runs = (at for at, (step, following) in enumerate(pairwise(steps)) if step == following and abs(step) <= 1)
    regular = [{at + offset for at in runs for offset in range(SHORTEST_RUN)}]
    for distance in range(1, LONGEST_REPEATED + 1):
        repeated = [at for at, character in enumerate(text[distance:]) if character == text[at]]
        regular.append({at + offset for at in repeated for offset in (0, distance)})
    return len(text) - max(map(len, regular))
