"""The key ring: which keys are signed with and accepted, while a secret is rotated."""

from collections.abc import Iterator

import pytest

from common.auth.keys import CURRENT, PREVIOUS, SecretUnavailable, SigningKey, StagedKeys
from common.auth.secret_stages import SecretStages
from tests.support.moto_secrets import NEW, NEWEST, OLD, Clock, Secret, secret_on_moto


class FakeStages:
    """Stages whose content a test changes; remembers what was asked for: stage, whether forced."""

    def __init__(self, **stages: SigningKey | None) -> None:
        self.stages = stages
        self.asked: list[tuple[str, bool]] = []

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        self.asked.append((stage, force))
        return self.stages.get(stage)


class CachedStages(FakeStages):
    """Stages that answer what they answered before, unless forced or expired, as those of Secrets Manager do."""

    def __init__(self, **stages: SigningKey | None) -> None:
        super().__init__(**stages)
        self._cache: dict[str, SigningKey | None] = {}

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        if force or stage not in self._cache:
            self._cache[stage] = super().read(stage, force=force)
        return self._cache[stage]

    def rotate(self, key: SigningKey) -> None:
        self.stages = {PREVIOUS: self.stages[CURRENT], CURRENT: key}

    def expire(self, stage: str) -> None:
        del self._cache[stage]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret() -> Iterator[Secret]:
    with secret_on_moto() as made:
        yield made


def test_the_current_key_is_found_without_asking_for_the_previous_one(clock: Clock) -> None:
    stages = FakeStages(AWSCURRENT=NEW, AWSPREVIOUS=OLD)
    keys = StagedKeys(stages, clock)
    assert keys.current() == keys.find(NEW.kid) == NEW
    assert stages.asked == [(CURRENT, False), (CURRENT, False)]


def test_the_previous_key_is_found_too_but_not_signed_with(clock: Clock) -> None:
    keys = StagedKeys(FakeStages(AWSCURRENT=NEW, AWSPREVIOUS=OLD), clock)
    assert keys.find(OLD.kid) == OLD
    assert keys.current() == NEW


def test_an_unknown_key_makes_both_stages_be_asked_once_in_thirty_seconds(clock: Clock) -> None:
    stages = FakeStages(AWSCURRENT=NEW)
    keys = StagedKeys(stages, clock)
    assert keys.find("unknown") is None
    forced = [(CURRENT, True), (PREVIOUS, True)]
    assert stages.asked == [(CURRENT, False), (PREVIOUS, False), *forced]
    stages.asked.clear()
    clock.now += 29
    assert keys.find("another") is None
    assert not set(stages.asked) & set(forced)
    clock.now += 1
    assert keys.find("unknown") is None
    assert stages.asked[-2:] == forced


def test_a_key_that_has_just_become_current_is_found_at_once(clock: Clock) -> None:
    stages = CachedStages(AWSCURRENT=OLD)
    keys = StagedKeys(stages, clock)
    assert keys.find(OLD.kid) == OLD
    stages.rotate(NEW)
    assert keys.find(NEW.kid) == NEW
    assert keys.find(OLD.kid) == OLD


def test_when_one_stage_has_changed_the_other_is_not_taken_from_the_cache(clock: Clock) -> None:
    stages = CachedStages(AWSCURRENT=NEW, AWSPREVIOUS=OLD)
    keys = StagedKeys(stages, clock)
    assert keys.find(OLD.kid) == OLD
    assert keys.find("made up") is None  # No more refetching for half a minute.
    stages.rotate(NEWEST)
    stages.expire(CURRENT)
    assert keys.current() == NEWEST
    assert keys.find(NEW.kid) == NEW


def test_without_a_current_key_nothing_can_be_said(clock: Clock) -> None:
    keys = StagedKeys(FakeStages(), clock)
    with pytest.raises(SecretUnavailable):
        keys.current()


def test_an_environment_with_the_old_key_in_its_cache_accepts_what_another_signs_with_the_new_one(
    secret: Secret, clock: Clock
) -> None:
    late, early = (StagedKeys(SecretStages(secret.client, secret.arn, clock), clock) for _ in range(2))
    assert late.current() == OLD
    secret.put(NEW)
    assert early.current() == NEW
    assert late.current() == OLD
    assert late.find(NEW.kid) == NEW
    assert early.find(OLD.kid) == late.find(OLD.kid) == OLD
    assert late.current() == NEW


def test_after_two_rotations_the_first_key_is_refused(secret: Secret, clock: Clock) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find(OLD.kid) == OLD
    for key in (NEW, NEWEST):
        secret.put(key)
    assert keys.find(NEWEST.kid) == NEWEST
    assert keys.find(NEW.kid) == NEW
    assert keys.find(OLD.kid) is None
