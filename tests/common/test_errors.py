"""The kinds of failure, which do not depend on HTTP."""

import pytest

from common import failures as errors
from common.failures import Busy, Failure, Forbidden, Throttled, Unauthenticated
from common.http import problems
from common.http.body import BodyTooLarge, UnsupportedMediaType

# These concern HTTP itself.
OF_HTTP: set[type[Failure]] = {BodyTooLarge, UnsupportedMediaType}
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Failure)]


def test_failure_kinds_have_unique_codes_titles_and_status_codes() -> None:
    kinds = [*(kind for kind in KINDS if kind not in {Failure, Busy}), *OF_HTTP]
    assert set(kinds) == set(problems.STATUS)
    assert len({kind.code for kind in kinds}) == len({kind.title for kind in kinds}) == len(kinds)
    assert len(set(problems.STATUS.values())) == len(kinds)
    assert Busy.code not in {kind.code for kind in kinds}


@pytest.mark.parametrize(
    "failure",
    [
        *(kind("what happened") for kind in KINDS if kind is not Throttled),
        Unauthenticated("what happened", refused=True),
        Forbidden("what happened", scope="things:admin"),
        Throttled("what happened", retry_after=3),
    ],
)
def test_failure_has_the_given_detail(failure: Failure) -> None:
    assert failure.detail == str(failure) == "what happened"
