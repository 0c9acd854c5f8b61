# One node of an archive. Everything it is made of is in requirements/run.lock, with hashes.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/run.lock requirements/run.lock
RUN python -m venv /opt/archive \
 && /opt/archive/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements/run.lock
COPY LICENSE pyproject.toml ./
COPY src src
RUN /opt/archive/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 archive \
 && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin archive \
 && install --directory --owner archive --group archive --mode 0750 /data /notary
COPY --from=build /opt/archive /opt/archive
ENV PATH=/opt/archive/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ARCHIVE_HOME=/data
USER 10001:10001
VOLUME /data /notary
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["archive"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
