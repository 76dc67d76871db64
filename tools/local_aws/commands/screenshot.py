"""`screenshot`: takes the README's pictures of a running embedded AWS: its page, its dashboard, the API's `/docs`.

It sends no requests to the API: the pictures show earlier requests.
"""

import json
import urllib.request
from pathlib import Path
from typing import Any

from local_aws.page.chromium import Chromium, ChromiumError
from local_aws.page.devtools import visiting
from local_aws.session import Session

PICTURES = Path(__file__).parents[3] / "docs" / "images"
PAGE, DOCUMENTATION, DASHBOARD = "local-aws.png", "swagger-ui.png", "dashboard.png"
WIDTH, HEIGHT = 1280, 900
DASHBOARD_WIDTH = 1000  # the width in the README, so that the figures are not scaled down
SECONDS = 30.0

# Of the dashboard: a graph that has lines.
GRAPH = ".graph svg"

# Of Swagger UI: an operation, the Authorize button, and a field of its dialog.
OPERATION, AUTHORIZE, FIELD = ".opblock", ".auth-wrapper .authorize", ".dialog-ux .auth-container input"


def screenshot(work: Path, pictures: Path = PICTURES) -> None:
    """Write pictures of the page, the dashboard and the API's `/docs` into the folder `pictures`.

    Raises:
        ChromiumError: Chromium is missing or fails, or there is nothing to show.
        SessionError: No embedded AWS runs in `work`.
    """
    chromium, session = Chromium.found(), Session.read(work)
    pictures.mkdir(parents=True, exist_ok=True)
    page_picture(chromium, session, pictures / PAGE)
    documentation_picture(chromium, f"{session.url}/docs", pictures / DOCUMENTATION)
    dashboard_picture(chromium, session, pictures / DASHBOARD)


def page_picture(chromium: Chromium, session: Session, picture: Path) -> None:
    """Write a picture of the page that shows the request with the longest trace.

    Raises:
        ChromiumError: Chromium fails, or no request has been sent yet.
    """
    requests = _json(f"{session.admin_url}/requests")["requests"]
    if not requests:
        raise ChromiumError(f"The page shows no request: send some to {session.url} first.")
    details = {
        request["request_id"]: _json(f"{session.admin_url}/requests/{request['request_id']}") for request in requests
    }
    shown = max(details, key=lambda request_id: len(details[request_id]["trace"]["rows"]))
    chromium.picture(f"{session.admin_url}/#{shown}", picture, width=WIDTH, height=HEIGHT)
    print(picture)


def documentation_picture(chromium: Chromium, url: str, picture: Path) -> None:
    """Write a picture of the Swagger UI at `url`, with its login dialog open where the API has one.

    Raises:
        ChromiumError: Chromium fails, or the API's document has no operation.
    """
    with visiting(chromium, url, width=WIDTH, height=HEIGHT) as tab:
        if not tab.appears(OPERATION):
            raise ChromiumError(f"{url} shows no operation of an API.")
        if tab.appears(AUTHORIZE, seconds=1.0):
            tab.evaluate(f"document.querySelector({json.dumps(AUTHORIZE)}).click()")
            if not tab.appears(FIELD):
                raise ChromiumError(f"{url} opens no login dialog.")
        tab.picture(picture)
    print(picture)


def dashboard_picture(chromium: Chromium, session: Session, picture: Path) -> None:
    """Write a picture of the dashboard, which shows completed periods of five seconds.

    Raises:
        ChromiumError: Chromium fails, or the dashboard has no graph with a line.
    """
    with visiting(chromium, f"{session.admin_url}/dashboard", width=DASHBOARD_WIDTH, height=HEIGHT) as tab:
        if not tab.appears(GRAPH):
            said = tab.evaluate("document.getElementById('problem').textContent")
            raise ChromiumError(f"The dashboard shows nothing: {said or 'no graph has a line'}")
        tab.picture(picture, whole=True)
    print(picture)


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=SECONDS) as response:
        return json.load(response)
