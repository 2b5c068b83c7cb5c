# Build:  docker build -t plano .
# Run:    docker run -p 12000:12000 -e OPENAI_API_KEY -v ./config.yaml:/app/config.yaml:ro plano

FROM python:3.11-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/plano
WORKDIR /src
COPY . .
RUN /opt/plano/bin/pip install --no-cache-dir '.[bedrock]'

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 plano
COPY --from=build /opt/plano /opt/plano
ENV PATH=/opt/plano/bin:$PATH PYTHONUNBUFFERED=1
USER plano
WORKDIR /app
EXPOSE 12000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["python", "-P", "-m", "plano.cli.container_health"]
ENTRYPOINT ["planoai"]
CMD ["up", "/app/config.yaml", "--foreground", "--no-log-files"]
