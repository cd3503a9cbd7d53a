"""Plain Starlette under plain uvicorn, as most would serve a folder: a peer of `serve`.

`python -m benchmarks.starlette_files FOLDER PORT`
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles


def main(folder: str, port: int) -> None:
    """Serve a folder until the process is ended."""
    app = Starlette(
        routes=[Mount("/", StaticFiles(directory=folder, html=True))],
        middleware=[Middleware(GZipMiddleware)],
    )
    uvicorn.run(app, port=port, access_log=False, log_level="error")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
