"""A call is signed as Standard Webhooks says, so that any library of theirs can check it."""

from datetime import UTC, datetime

from pipeline.stages.sign import sign


def test_the_signature_is_the_one_of_the_published_example() -> None:
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", body, at
    )
    assert headers == {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
