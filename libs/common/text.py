"""Lines of text such as names and titles: one rule for all services, published as a JSON schema.

A line may be sent as it was read: normalising it again changes nothing. The published pattern accepts exactly what
`Line` accepts. It is an ECMA 262 pattern with the flag `u`, as JSON Schema 2020-12 recommends (Core, section 6.4).

Noncharacters, private use and unassigned code points are accepted: they are shown as boxes, so they hide nothing, and
what is unassigned depends on the version of Unicode.
"""

import re
import unicodedata
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

# The characters that `str.strip` removes.
SPACES: Final = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Those that are allowed inside a line, and the blank of Braille.
INNER_SPACES: Final = r" \xa0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
# All spaces, control characters, and what has the property Default_Ignorable_Code_Point, which includes
# all bidi controls: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
UNSEEN: Final = (
    r"\x00- \x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Joiners (RFC 5892, appendix A) and variation selectors, which emoji and many scripts need.
JOINERS: Final = "\\u180b-\\u180d\\u180f\\u200c\\u200d\\ufe00-\\ufe0f\U000e0100-\U000e01ef"
# A joiner needs a character before it that is not ASCII, so that it cannot hide in an ASCII name. The exception is
# the emoji of a key, such as 1 in a box.
VISIBLE: Final = rf"(?:[!-~]|[#*0-9]\ufe0f\u20e3|[^!-~{UNSEEN}][{JOINERS}]{{0,2}})"
PATTERN: Final = rf"^[{SPACES}]*(?:[{INNER_SPACES}]*{VISIBLE})+[{SPACES}]*$"
NOT_BLANK: Final = f"[^{SPACES}]"

MATCHER: Final = re.compile(PATTERN)
# Only an escape in JSON can contain one. Not in the pattern, because many engines know no surrogates.
SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Line:
    """Marks a `str` as a line of text: stripped, composed (NFC), and without hidden characters.

    The limit is the number of code points, as sent and as stored. A text whose composed form is not a line, because
    some characters have a longer one, is kept as sent.
    """

    def __init__(self, max_length: int) -> None:
        self._max_length = max_length

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Add the rule to the schema of the marked type."""
        return core_schema.no_info_after_validator_function(self.normalised, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the rule."""
        described = {"description": "One line. Spaces around it are removed."} | handler(schema)
        return described | {"minLength": 1, "maxLength": self._max_length, "pattern": PATTERN}

    def normalised(self, text: str) -> str:
        """Return the line as it is stored.

        Raises:
            ValueError: The text is too long, blank, or has a hidden character.
        """
        if len(text) > self._max_length:
            raise ValueError(f"At most {self._max_length} characters are allowed. This text has {len(text)}.")
        bare = text.strip()
        if not bare:
            raise ValueError("Send at least one visible character.")
        if bare.isascii() and bare.isprintable():
            return bare
        if not MATCHER.fullmatch(bare) or SURROGATE.search(bare):
            raise ValueError(
                "Line breaks, control characters, and characters that are invisible or change the direction of the "
                "text are not allowed."
            )
        composed = unicodedata.normalize("NFC", bare)
        return composed if len(composed) <= self._max_length and MATCHER.fullmatch(composed) else bare


class Filter:
    """Marks a `str` of a query as a text to search for: anything but blanks, so that it covers all stored values."""

    def __init__(self, max_length: int) -> None:
        self._max_length = max_length

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Add the rule to the schema of the marked type."""
        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the rule."""
        return {**handler(schema), "minLength": 1, "maxLength": self._max_length, "pattern": NOT_BLANK}

    def checked(self, text: str) -> str:
        """Return the text.

        Raises:
            ValueError: The text is too long or blank.
        """
        if len(text) > self._max_length:
            raise ValueError(f"At most {self._max_length} characters are allowed. This text has {len(text)}.")
        if text.isspace() or not text:
            raise ValueError("Send at least one visible character.")
        return text
