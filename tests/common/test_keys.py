"""The key ring: the keys that sign and verify tokens while a secret is rotated."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from common.auth.keys import CURRENT, PREVIOUS, SecretUnavailable, SigningKey, StagedKeys
from common.auth.secret_stages import KEPT_SECONDS, MAX_AGE_SECONDS, SecretStages
from tests.support.moto_secrets import NEW, NEWEST, OLD, Clock, Secret, secret_on_moto


class FakeStages:
    """Stages with keys that a test changes. Records each read: the stage, and whether it was forced."""

    def __init__(self, **stages: SigningKey | None) -> None:
        self.stages = stages
        self.reads: list[tuple[str, bool]] = []

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        self.reads.append((stage, force))
        return self.stages.get(stage)

    def forget(self) -> None:
        """Do nothing: no key is cached."""


class CachedStages(FakeStages):
    """Stages that cache each key until it expires or a read is forced, like `SecretStages`."""

    def __init__(self, **stages: SigningKey | None) -> None:
        super().__init__(**stages)
        self._cache: dict[str, SigningKey | None] = {}

    def read(self, stage: str, *, force: bool = False) -> SigningKey | None:
        if force or stage not in self._cache:
            self._cache[stage] = super().read(stage, force=force)
        return self._cache[stage]

    def forget(self) -> None:
        self._cache.clear()

    def rotate(self, key: SigningKey) -> None:
        self.stages = {PREVIOUS: self.stages[CURRENT], CURRENT: key}

    def expire(self, stage: str) -> None:
        del self._cache[stage]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret() -> Iterator[Secret]:
    with secret_on_moto() as secret:
        yield secret


def test_current_key_is_found_without_reading_the_previous_stage(clock: Clock) -> None:
    stages = FakeStages(AWSCURRENT=NEW, AWSPREVIOUS=OLD)
    keys = StagedKeys(stages, clock)
    assert keys.current() == keys.find(NEW.kid) == NEW
    assert stages.reads == [(CURRENT, False), (CURRENT, False)]


def test_previous_key_verifies_but_does_not_sign(clock: Clock) -> None:
    keys = StagedKeys(FakeStages(AWSCURRENT=NEW, AWSPREVIOUS=OLD), clock)
    assert keys.find(OLD.kid) == OLD
    assert keys.current() == NEW


def test_unknown_key_forces_one_read_a_second(clock: Clock) -> None:
    stages = FakeStages(AWSCURRENT=NEW)
    keys = StagedKeys(stages, clock)
    cached = [(CURRENT, False), (PREVIOUS, False)]
    forced = [(CURRENT, True), (PREVIOUS, False)]
    assert keys.find("unknown") is None
    assert stages.reads == [*cached, *forced]
    stages.reads.clear()
    clock.now += 0.9
    assert keys.find("another") is None
    assert stages.reads == cached
    clock.now += 0.1
    assert keys.find("unknown") is None
    assert stages.reads == [*cached, *cached, *forced]


def test_made_up_key_ids_postpone_a_new_key_for_a_second_at_most(secret: Secret, clock: Clock) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find(OLD.kid) == OLD
    secret.reads.clear()
    for second in range(10):
        for number in range(50):
            assert keys.find(f"made up {second} {number}") is None
        clock.now += 1
    assert secret.reads == [PREVIOUS, *[CURRENT] * 10]
    assert keys.find("made up") is None
    secret.put(NEW)
    assert keys.find(NEW.kid) is None
    clock.now += 1
    assert keys.find(NEW.kid) == NEW
    assert keys.find(OLD.kid) == OLD


def test_new_current_key_is_found_at_once(clock: Clock) -> None:
    stages = CachedStages(AWSCURRENT=OLD)
    keys = StagedKeys(stages, clock)
    assert keys.find(OLD.kid) == OLD
    stages.rotate(NEW)
    assert keys.find(NEW.kid) == NEW
    assert keys.find(OLD.kid) == OLD


def test_changed_current_key_forces_a_read_of_the_previous_stage(clock: Clock) -> None:
    stages = CachedStages(AWSCURRENT=NEW, AWSPREVIOUS=OLD)
    keys = StagedKeys(stages, clock)
    assert keys.find(OLD.kid) == OLD
    assert keys.find("unknown") is None  # No further forced read for a second.
    stages.rotate(NEWEST)
    stages.expire(CURRENT)
    assert keys.current() == NEWEST
    assert keys.find(NEW.kid) == NEW


def test_missing_current_key_is_unavailable(clock: Clock) -> None:
    keys = StagedKeys(FakeStages(), clock)
    with pytest.raises(SecretUnavailable):
        keys.current()


def test_environment_with_cached_old_key_accepts_the_new_key(secret: Secret, clock: Clock) -> None:
    slow, fast = (StagedKeys(SecretStages(secret.client, secret.arn, clock), clock) for _ in range(2))
    assert slow.current() == OLD
    secret.put(NEW)
    assert fast.current() == NEW
    assert slow.current() == OLD
    assert slow.find(NEW.kid) == NEW
    assert fast.find(OLD.kid) == slow.find(OLD.kid) == OLD
    assert slow.current() == NEW


def unavailable(secret: Secret) -> None:
    secret.unavailable = True


def missing(secret: Secret) -> None:
    secret.client.delete_secret(SecretId=secret.arn, ForceDeleteWithoutRecovery=True)


def not_json(secret: Secret) -> None:
    secret.put_text("the word hunter2")


@pytest.mark.parametrize("failure", [unavailable, missing, not_json])
@pytest.mark.parametrize("both_known", [True, False], ids=["both stages known", "current stage known"])
def test_unknown_key_is_unavailable_while_the_secret_cannot_be_read(
    secret: Secret, clock: Clock, failure: Callable[[Secret], None], *, both_known: bool
) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find(OLD.kid) == OLD
    if both_known:
        assert keys.find("made up") is None
    clock.now += 1
    failure(secret)
    secret.reads.clear()
    for _ in range(3):
        with pytest.raises(SecretUnavailable):
            keys.find(NEW.kid)
        assert keys.find(OLD.kid) == OLD
    assert len(secret.reads) <= 2  # the attempts of one call
    clock.now += 1
    with pytest.raises(SecretUnavailable):
        keys.find(NEW.kid)
    assert keys.current() == OLD


def test_token_of_the_previous_key_is_accepted_a_second_after_its_read_has_failed(secret: Secret, clock: Clock) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find("made up") is None  # Both stages are cached.
    clock.now += 1
    secret.put(NEW)
    assert keys.find(NEW.kid) == NEW
    secret.unavailable = True
    with pytest.raises(SecretUnavailable):
        keys.find(OLD.kid)
    secret.unavailable = False
    with pytest.raises(SecretUnavailable):
        keys.find(OLD.kid)
    clock.now += 1
    assert keys.find(OLD.kid) == OLD


def test_unknown_key_is_unavailable_until_the_secret_is_read_again(secret: Secret, clock: Clock) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find("made up") is None
    clock.now += 1
    secret.put(NEW)
    secret.unavailable = True
    with pytest.raises(SecretUnavailable):
        keys.find(NEW.kid)
    secret.unavailable = False
    with pytest.raises(SecretUnavailable):
        keys.find(NEW.kid)
    clock.now += 1
    assert keys.find(NEW.kid) == NEW
    assert keys.find("made up") is None


def test_key_is_rejected_after_two_rotations(secret: Secret, clock: Clock) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find(OLD.kid) == OLD
    for key in (NEW, NEWEST):
        secret.put(key)
    assert keys.find(NEWEST.kid) == NEWEST
    assert keys.find(NEW.kid) == NEW
    assert keys.find(OLD.kid) is None


@pytest.mark.parametrize(("wait", "signs"), [(MAX_AGE_SECONDS, NEW), (2, OLD)], ids=["five minutes", "two seconds"])
def test_second_rotation_after_a_leak_has_to_wait_for_the_signers(
    secret: Secret, clock: Clock, wait: float, signs: SigningKey
) -> None:
    signer, verifier = (StagedKeys(SecretStages(secret.client, secret.arn, clock), clock) for _ in range(2))
    assert signer.current() == OLD
    secret.put(NEW)
    clock.now += wait
    assert signer.current() == signs
    secret.put(NEWEST)
    assert signer.current() == signs
    assert verifier.find(signs.kid) == (NEW if signs == NEW else None)


def test_leaked_key_ends_five_minutes_after_the_second_rotation(secret: Secret, clock: Clock) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find(OLD.kid) == OLD
    secret.put(NEW)
    clock.now += MAX_AGE_SECONDS
    assert keys.find(OLD.kid) == OLD
    secret.put(NEWEST)
    clock.now += MAX_AGE_SECONDS - 1
    assert keys.find(OLD.kid) == OLD
    clock.now += 1
    assert keys.find(OLD.kid) is None


@pytest.mark.parametrize("fault", ["missing", "not JSON"])
def test_previous_key_that_is_absent_after_a_rotation_is_read_again(
    secret: Secret, clock: Clock, fault: Literal["missing", "not JSON"]
) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find(OLD.kid) == OLD
    secret.put(NEW)
    assert keys.find(NEW.kid) == NEW
    with secret.previous(fault), pytest.raises(SecretUnavailable):
        keys.find(OLD.kid)
    clock.now += 1
    assert keys.find(OLD.kid) == OLD


@pytest.mark.parametrize("fault", ["missing", "not JSON"])
def test_previous_key_that_stays_absent_is_looked_up_each_half_minute(
    secret: Secret, clock: Clock, fault: Literal["missing", "not JSON"]
) -> None:
    keys = StagedKeys(SecretStages(secret.client, secret.arn, clock), clock)
    assert keys.find(OLD.kid) == OLD
    secret.put(NEW)
    assert keys.find(NEW.kid) == NEW
    with secret.previous(fault):
        with pytest.raises(SecretUnavailable):
            keys.find(OLD.kid)
        clock.now += 1
        assert keys.find(OLD.kid) is None
        clock.now += KEPT_SECONDS - 1
        assert keys.find(OLD.kid) is None
    clock.now += 1
    assert keys.find(OLD.kid) == OLD
