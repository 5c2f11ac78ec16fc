"""An object store that speaks S3 on this machine, for tests of what is kept there."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

NEEDED = ("moto", "flask", "flask_cors", "s3fs")
SECRET = "s3cret-of-the-st0re"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "tuner",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def what_is_missing() -> str:
    """Return why there is no store here, or an empty text."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    packages = " ".join(name.replace("_", "-") for name in missing)
    return f"a stand-in for S3 needs: pip install {packages}" if missing else ""


@contextmanager
def object_store(bucket: str) -> Iterator[str]:
    """Serve a bucket on the loopback address, and point this environment to it.

    Yields:
        The bucket as a URL.
    """
    s3fs: Any = importlib.import_module("s3fs")
    moto: Any = importlib.import_module("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}
        with patch.dict(os.environ, CREDENTIALS | address):
            s3fs.S3FileSystem(skip_instance_cache=True).mkdir(bucket)
            yield f"s3://{bucket}"
    finally:
        server.stop()
