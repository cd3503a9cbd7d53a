# The service as one image: `docker build -t dateline .`, then see docs/operations.md.

# Everything that needs pip, a network or build tools happens here and stays here.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/dateline \
    && python -m pip --disable-pip-version-check --python /opt/dateline/bin/python \
        install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY pipeline pipeline
COPY db db
# The lock holds the build tools as well, for this one step; afterwards nothing needs them.
RUN python -m pip --disable-pip-version-check --python /opt/dateline/bin/python \
        install --no-cache-dir --no-deps --no-build-isolation . \
    && python -m pip --disable-pip-version-check --python /opt/dateline/bin/python \
        uninstall --yes hatchling editables trove-classifiers pathspec pluggy \
    && python -m pip --disable-pip-version-check --python /opt/dateline/bin/python check

FROM python:3.12-slim
RUN groupadd --gid 10001 dateline \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app \
        --shell /usr/sbin/nologin dateline \
    && install --directory --owner=10001 --group=10001 --mode=0750 /app/var
WORKDIR /app
COPY --from=build /opt/dateline /opt/dateline
COPY sources.yaml ./
ENV PATH=/opt/dateline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATELINE_HOST=0.0.0.0 \
    SQLITE_TMPDIR=/app/var
USER 10001:10001
# The database with its scratch files, the secret key and the public files: the rest may be read-only.
VOLUME /app/var
EXPOSE 8000
STOPSIGNAL SIGTERM
# A proxy named in the environment must not be asked for this machine's own address.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('DATELINE_PORT', '8000') + '/healthz', timeout=4)"]
CMD ["dateline", "run"]
