"""The control plane's way to the data plane that serves what is applied."""

import http.client
import json
from typing import Any
from urllib.parse import urlencode

from local_aws.model.observed import Observed
from local_aws.same_origin import bearing

_SECONDS = 10.0
_INIT_SECONDS = 60.0  # for a machine that unpacks the zips first


class DataPlaneLink:
    """Reads JSON from the data plane's own interface.

    Attributes:
        address: Where it is, as `http://host:port`; None until there is one.
        token: Shown to it for an action.
    """

    def __init__(self) -> None:
        self.address: str | None = None
        self.token = ""

    def get(self, path: str) -> Any:
        """Return the JSON of a path, or None if there is no data plane."""
        return self._json("GET", path, _SECONDS)

    def initialise(self, function_arn: str, kind: str) -> str | None:
        """Initialise an environment of this version on the data plane; return the type of its error, or None.

        A response that comes too late, or is no JSON, is an error, too: otherwise the version would stay pending.
        """
        query = urlencode({"function": function_arn, "kind": kind})
        try:
            found = self._json("POST", f"/initialisations?{query}", _INIT_SECONDS)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"The data plane did not respond: {type(error).__name__}"
        return None if found is None else found["error"]

    def _json(self, method: str, path: str, seconds: float) -> Any:
        if self.address is None:
            return None
        # Not urllib, which would use the host's proxy.
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=seconds)
        try:
            connection.request(method, path, headers=bearing(self.token))
            return json.loads(connection.getresponse().read())
        except ConnectionError:
            return None
        finally:
            connection.close()

    def observed(self) -> Observed | None:
        """Return what is served, or None if there is no data plane."""
        found = self.get("/observed")
        return None if found is None else Observed(**found)


data_plane = DataPlaneLink()
