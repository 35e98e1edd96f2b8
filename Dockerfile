# docker build -t nubounds . && docker run --rm -v "$PWD:/project" nubounds run --config config/toy.yaml
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev git && rm -rf /var/lib/apt/lists/*
COPY . /source
WORKDIR /source
RUN python -m venv /opt/nubounds
RUN /opt/nubounds/bin/pip install --no-cache-dir --constraint requirements.lock ".[workflow,mpi]"

FROM python:3.11-slim
COPY --from=build /opt/nubounds /opt/nubounds
ENV PATH=/opt/nubounds/bin:$PATH
WORKDIR /project
ENTRYPOINT ["nubounds"]
CMD ["--help"]
