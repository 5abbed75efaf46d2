# The bot alone, without root. What it keeps is in /bobbin/data; settings come by the environment.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /bobbin

# Before the code, so that a change of the code does not install everything again.
COPY requirements.txt .
RUN pip install --root-user-action=ignore -r requirements.txt

COPY . .
# Compiled now, since the running bot may not write here; the data folder is the one exception.
RUN python -m compileall -q . \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin bobbin \
    && install -d -o bobbin -g bobbin -m 700 data

ENV PYTHONDONTWRITEBYTECODE=1
USER bobbin
VOLUME /bobbin/data

# Asked from inside the container only.
ENV HEALTH_PORT=8738
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["python", "bot.py", "health"]

# The exec form: SIGTERM reaches the bot itself, which ends its answers and exits with 0.
CMD ["python", "bot.py", "run"]
