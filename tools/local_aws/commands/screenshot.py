"""`screenshot`: takes the README's pictures of a running embedded AWS: its page, its dashboard, the API's `/docs`."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from local_aws.cloudwatch.local_run import PERIOD
from local_aws.page.chromium import Chromium, ChromiumError
from local_aws.page.devtools import visiting
from local_aws.page.visitors import damaged_book, visit
from local_aws.session import Session

PICTURES = Path(__file__).parents[3] / "docs" / "images"
PAGE, DOCUMENTATION, DASHBOARD = "local-aws.png", "swagger-ui.png", "dashboard.png"
WIDTH, HEIGHT = 1280, 900
DASHBOARD_WIDTH = 1000  # the README's own: a graph's figures must not become smaller
SECONDS = 30.0
VISITS = 45.0  # seconds: each environment starts in a period of its own

# Of the dashboard: a graph that has lines.
GRAPH = ".graph svg"

# Of Swagger UI: an operation of a document that has been read, the button, and what there is to fill in.
OPERATION, AUTHORIZE, FIELD = ".opblock", ".auth-wrapper .authorize", ".dialog-ux .auth-container input"

# The first one is in the picture's middle: soon after `make up` it is a cold start.
REQUESTS = (
    ("POST", "/api/v1/users", {"email": "{now}@example.com", "username": "senior-engineer"}),
    ("GET", "/users/1", None),
    ("GET", "/api/v1/books/019b76da-a800-7000-8000-000000000002", None),
    ("GET", "/users/4711", None),
    ("POST", "/api/v1/books", {"title": "Dune"}),
    ("POST", "/api/v1/users", {"email": "cto@example.com", "username": "chief-tech"}),
    ("GET", "/users/1?token=abc", None),
)


def screenshot(work: Path, pictures: Path = PICTURES, visits: float = VISITS) -> None:
    """Write pictures of what serves in `work` into the folder `pictures`; let people visit for so many seconds.

    Raises:
        ChromiumError: there is no Chromium, it fails, or what it should show does not come.
        SessionError: nothing serves in `work`.
    """
    chromium, session = Chromium.found(), Session.read(work)
    pictures.mkdir(parents=True, exist_ok=True)
    page_picture(chromium, session, pictures / PAGE)
    documentation_picture(chromium, f"{session.url}/docs", pictures / DOCUMENTATION)
    dashboard_picture(chromium, session, pictures / DASHBOARD, visits)


def page_picture(chromium: Chromium, session: Session, picture: Path) -> None:
    """Ask the API for this and that, and write a picture of the page that shows it.

    Raises:
        ChromiumError: it fails, or the trace that it should show does not come.
    """
    request_id, *_ = [_request(method, session.url + path, body) for method, path, body in REQUESTS]
    _wait_for_trace(f"{session.admin_url}/requests/{request_id}")
    chromium.picture(f"{session.admin_url}/#{request_id}", picture, width=WIDTH, height=HEIGHT)
    print(picture)


def documentation_picture(chromium: Chromium, url: str, picture: Path) -> None:
    """Write a picture of the Swagger UI at `url`, whose dialog to log in is open.

    Raises:
        ChromiumError: it fails, or there is nothing to log in to: the API's document names no security scheme.
    """
    with visiting(chromium, url, width=WIDTH, height=HEIGHT) as tab:
        if not tab.appears(OPERATION):
            raise ChromiumError(f"{url} shows no operation of an API")
        if not tab.appears(AUTHORIZE, seconds=1.0):
            raise ChromiumError(f"{url} has nothing to log in to: the API's document names no security scheme")
        tab.evaluate(f"document.querySelector({json.dumps(AUTHORIZE)}).click()")
        if not tab.appears(FIELD):
            raise ChromiumError(f"{url} opens no dialog to log in")
        tab.picture(picture)
    print(picture)


def dashboard_picture(chromium: Chromium, session: Session, picture: Path, visits: float) -> None:
    """Let people visit, and write a picture of the dashboard that shows what they have done.

    Raises:
        ChromiumError: it fails, or the dashboard shows nothing.
    """
    with damaged_book(session.control_plane) as failing:
        # Only periods that are over are shown: to the end of the last one.
        visit(session.url, failing, max(0.0, visits - (time.time() + visits) % PERIOD))
    with visiting(chromium, f"{session.admin_url}/dashboard", width=DASHBOARD_WIDTH, height=HEIGHT) as tab:
        if not tab.appears(GRAPH):
            said = tab.evaluate("document.getElementById('problem').textContent")
            raise ChromiumError(f"the dashboard shows nothing: {said or 'no graph has a line'}")
        tab.picture(picture, whole=True)
    print(picture)


def _request(method: str, url: str, body: object) -> str:
    """Return API Gateway's id of a request, whatever its answer."""
    data = None if body is None else json.dumps(body).replace("{now}", f"engineer-{time.time_ns()}").encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return str(answer.headers["apigw-requestid"])
    except urllib.error.HTTPError as error:
        with error:
            return str(error.headers["apigw-requestid"])


def _wait_for_trace(url: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            rows = json.load(answer)["trace"]["rows"]
        if rows and all(row["duration_ms"] is not None for row in rows) and rows[0]["origin"] == "AWS::Lambda":
            return
        time.sleep(0.1)
    raise ChromiumError(f"no trace at {url}")
