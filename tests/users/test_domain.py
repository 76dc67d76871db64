from datetime import UTC, datetime, timedelta

from users.domain import RANDOM_BITS, email_key, new_user_id

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LARGEST = (1 << RANDOM_BITS) - 1


def test_ids_sort_by_time() -> None:
    assert new_user_id(NOW, LARGEST) < new_user_id(NOW + timedelta(milliseconds=1), 0)


def test_ids_stay_exact_in_javascript_until_2095() -> None:
    assert new_user_id(datetime(2095, 1, 1, tzinfo=UTC), LARGEST) < 2**53


def test_emails_are_equal_in_any_case() -> None:
    assert email_key("STRASSE@Example.com") == email_key("straße@example.com")
