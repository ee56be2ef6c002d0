# One image for every process; compose.yaml and the Procfile name their commands.
FROM python:3.13-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir . \
    && useradd --create-home parley \
    && install --directory --owner parley var
USER parley
ENV HOST=0.0.0.0 LOG_FORMAT=json
EXPOSE 8000
CMD ["parley", "web", "--workers", "2"]
