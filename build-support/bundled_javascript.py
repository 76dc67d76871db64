"""Finds out which npm packages are in the layer's JavaScript: a wheel's metadata does not say, but the script does.

A script contains more packages than these, most without a version. These are the page's own and those that are known
for vulnerabilities.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lean_layer import PackagingError  # pants: no-infer-dep

_VERSION = r"(\d+\.\d+\.\d+[^\"]*)\""
# The text before a package's version, by the script. Names of variables differ from one version to the next.
_PACKAGES: Mapping[str, Mapping[str, str]] = {
    "fastapi_offline/static/swagger-ui-bundle.js": {
        "swagger-ui-dist": rf'PACKAGE_VERSION:"{_VERSION}',
        "dompurify": rf'\.version="{_VERSION},\w+\.removed=',
        "highlight.js": rf'\.versionString="{_VERSION}',
        "react-dom": rf'version:"{_VERSION},rendererPackageName:"react-dom"',
    },
    "fastapi_offline/static/redoc.standalone.js": {
        "redoc": rf'" ReDoc Version: ","{_VERSION}',
        "dompurify": rf'\.version="{_VERSION},\w+\.removed=',
        "react-dom": rf'version:"{_VERSION},rendererPackageName:"react-dom"',
    },
}


def javascript_in(layer: Path) -> dict[str, list[str]]:
    """Return the scripts of the layer that contain an npm package, by the package's purl.

    Raises:
        PackagingError: A script is unknown, or does not say the version of a package.
    """
    found: dict[str, list[str]] = {}
    with zipfile.ZipFile(layer) as archive:
        for file in sorted(name for name in archive.namelist() if name.endswith((".js", ".mjs"))):
            script = file.removeprefix("python/")
            if script not in _PACKAGES:
                raise PackagingError(f"{script}: name its npm packages in build-support/bundled_javascript.py")
            text = archive.read(file).decode()
            for package, pattern in _PACKAGES[script].items():
                version = re.search(pattern, text)
                if version is None:
                    raise PackagingError(
                        f"{script} does not say its version of {package}: correct build-support/bundled_javascript.py"
                    )
                # https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md
                found.setdefault(f"pkg:npm/{package}@{version[1]}", []).append(script)
    return found
