"""What the demo model says, in English and Russian; `{quoted}` and the like are filled in."""

# ruff: noqa: E501, RUF001 -- a paragraph is one line of an answer; Russian has letters like ours

from collections.abc import Mapping
from typing import Literal

from sandbox.demo.long_answer import LONG_EN, LONG_RU

Language = Literal["en", "ru"]

_CODE = '''```python
from collections import Counter


def most_common_words(text: str, count: int = 3) -> list[tuple[str, int]]:
    """Return the most frequent words of a text with how often each occurs."""
    words = (word.strip(".,!?").lower() for word in text.split())
    return Counter(word for word in words if word).most_common(count)


print(most_common_words("to be or not to be"))
```'''

_SETTINGS_SERVER = """```ini
PROVIDERS__OLLAMA__BASE_URL=http://localhost:11434/v1
DEFAULT_MODEL=ollama/llama3.2
```"""

_ENGLISH = {
    "who": (
        "I am Bobbin's demo model, not a real language model: I follow rules. I am here so that "
        "Bobbin can be tried without any account. Ask me “what can you do?”, or how to connect "
        "Bobbin to a real model."
    ),
    "hello": (
        "Hello! I am Bobbin's demo model, not a real language model: I follow rules. "
        "Ask me “what can you do?”"
    ),
    "abilities": """I am Bobbin's demo model, not a real language model: I follow rules. With me you can see what **Bobbin** does:

- **It remembers.** Tell me your name, say a few things, then ask “what did I say first?”, “what is my name?” or “list what I said”. It goes on after a restart, too.
- **It streams.** Ask for a *long answer*, some *code*, a *table* or a *slow answer*. *Stop* ends an answer, and what came is kept.
- **It says how an answer ended.** Ask for a *cut answer* or an *error*.
- **Commands:** `/model`, `/settings`, `/reset`, `/stop`, `/help`.

Then ask “how do I connect you to Discord?” or “how do I connect Ollama?”""",
    "discord": """To take Bobbin to your Discord server:

1. On <https://discord.com/developers/applications> make an application, and under *Bot* reset and copy its token.
2. On the same page switch on *Message Content Intent*.
3. Put the token into the file `.env` beside `bot.py`:
```ini
DISCORD_TOKEN=your token
```
4. Run `python bot.py --check`. It tests the settings and prints the link with which you invite the bot.
5. Run `make run`, and mention the bot in a channel.

Keep the token to yourself: whoever has it is the bot.""",
    "servers": f"""Bobbin talks to the Ai2 Playground and to every server that is OpenAI-compatible: Ollama, llama.cpp, LM Studio, vLLM, LiteLLM, OpenRouter, OpenAI. For Ollama put this into `.env`:

{_SETTINGS_SERVER}

Another server is another name and address, such as `PROVIDERS__LMSTUDIO__BASE_URL=http://localhost:1234/v1`. If it wants a key, add `PROVIDERS__<NAME>__API_KEY`. `python bot.py --check` says whether it answers, and `/model` in Discord chooses among its models.""",
    "thanks": "You are welcome! Is there anything else that you would like to try?",
    "introduced": "Nice to meet you, {name}! Ask me later “what is my name?” and see that I remember.",
    "name": "Your name is {name}: you told me so in this conversation.",
    "name_shown": "You have not told me, but here you are called {name}.",
    "no_name": "You have not told me your name yet. Say “my name is …” and ask again.",
    "first": "The first thing that you said was: “{quoted}”",
    "list": "This is what you have said so far:\n\n{lines}",
    "nothing_before": "This is the first thing that you say to me, so there is nothing before it.",
    "code": f"Here is a small Python program:\n\n{_CODE}\n\nIt prints the three most common words.",
    "table": """Discord shows no tables, so this one is in a code block:

```
Fault           Retried   What you see
--------------  --------  ---------------------------
busy model      yes       the answer, a little later
cut answer      no        what came, and a notice
refused text    no        a notice
```""",
    "slow": (
        "This is a slow answer. Its words come one by one, as from a model on a small machine. "
        "Meanwhile you can press Stop, or write something: it will be answered next."
    ),
    "cut": (
        "This answer will be cut off in the middle, as if the connection had failed. What came "
        "until then stays, and Bobbin says under it that the rest is missing, and what to do. "
        "You will not get to read this last sentence."
    ),
    "error": (
        "This answer ends with an error of the model service, in the middle. What came until then "
        "stays, and Bobbin says what happened. You will not get to read this last sentence."
    ),
    "long": LONG_EN,
    "fallback": (
        "You said: “{quoted}”. I am only Bobbin's demo model, not a real language model, so I "
        "cannot say more about that. Try “what can you do?”, “a long answer”, “what did I say "
        "first?” or “how do I connect Ollama?”"
    ),
    "empty": "You said nothing that I can read. Try “what can you do?”",
}

_RUSSIAN = {
    "who": (
        "Я демонстрационная модель Bobbin, а не настоящая языковая модель: я следую правилам. "
        "Я здесь, чтобы Bobbin можно было попробовать без всяких учётных записей. Спросите «что ты "
        "умеешь?» или как подключить настоящую модель."
    ),
    "hello": (
        "Здравствуйте! Я демонстрационная модель Bobbin, а не настоящая языковая модель: я следую "
        "правилам. Спросите «что ты умеешь?»"
    ),
    "abilities": """Я демонстрационная модель Bobbin, а не настоящая языковая модель: я следую правилам. На мне видно, что умеет **Bobbin**:

- **Он помнит.** Назовите своё имя, скажите что-нибудь ещё и спросите: «что я сказал сначала?», «как меня зовут?» или «перечисли, что я говорил». Помнит и после перезапуска.
- **Он показывает ответ по мере поступления.** Попросите *длинный ответ*, *код*, *таблицу* или *медленный ответ*. Кнопка *Stop* прерывает ответ, а пришедшее остаётся.
- **Он говорит, чем кончился ответ.** Попросите *обрыв* или *ошибку*.
- **Команды:** `/model`, `/settings`, `/reset`, `/stop`, `/help`.

Потом спросите «как подключить Discord?» или «как подключить Ollama?»""",
    "discord": """Чтобы позвать Bobbin на свой сервер Discord:

1. На <https://discord.com/developers/applications> создайте приложение, в разделе *Bot* сбросьте и скопируйте токен.
2. Там же включите *Message Content Intent*.
3. Запишите токен в файл `.env` рядом с `bot.py`:
```ini
DISCORD_TOKEN=ваш токен
```
4. Запустите `python bot.py --check`: он проверит настройки и напечатает ссылку-приглашение.
5. Запустите `make run` и упомяните бота в канале.

Никому не показывайте токен: у кого он есть, тот и бот.""",
    "servers": f"""Bobbin говорит с Ai2 Playground и с любым OpenAI-совместимым сервером: Ollama, llama.cpp, LM Studio, vLLM, LiteLLM, OpenRouter, OpenAI. Для Ollama запишите в `.env`:

{_SETTINGS_SERVER}

Другой сервер — другое имя и другой адрес, например `PROVIDERS__LMSTUDIO__BASE_URL=http://localhost:1234/v1`. Если нужен ключ, добавьте `PROVIDERS__<ИМЯ>__API_KEY` (имя латиницей). `python bot.py --check` скажет, отвечает ли сервер, а `/model` в Discord выбирает из его моделей.""",
    "thanks": "Пожалуйста! Хотите попробовать что-нибудь ещё?",
    "introduced": "Приятно познакомиться, {name}! Спросите потом «как меня зовут?»: я помню.",
    "name": "Вас зовут {name}: вы сами сказали мне это в этом разговоре.",
    "name_shown": "Вы мне не говорили, но здесь вас зовут {name}.",
    "no_name": "Вы ещё не назвали своё имя. Скажите «меня зовут …» и спросите снова.",
    "first": "Сначала вы сказали: “{quoted}”",
    "list": "Вот что вы сказали до сих пор:\n\n{lines}",
    "nothing_before": "Это первое, что вы мне говорите: до этого ничего не было.",
    "code": f"Вот маленькая программа на Python:\n\n{_CODE}\n\nОна печатает три самых частых слова.",
    "table": """Discord не показывает таблиц, поэтому эта — в блоке кода:

```
Сбой              Повтор   Что видно
----------------  -------  -------------------------
модель занята     да       ответ, чуть позже
обрыв ответа      нет      что пришло, и пояснение
отказ             нет      пояснение
```""",
    "slow": (
        "Это медленный ответ. Слова приходят по одному, как от модели на слабой машине. Пока он "
        "идёт, можно нажать Stop или написать что-нибудь: на это будет отвечено следом."
    ),
    "cut": (
        "Этот ответ оборвётся на середине, как при обрыве связи. То, что пришло, останется, а "
        "Bobbin напишет под ним, что конца нет и что можно сделать. Этого последнего предложения "
        "вы не прочитаете."
    ),
    "error": (
        "Этот ответ кончится ошибкой службы модели, на середине. То, что пришло, останется, и "
        "Bobbin скажет, что случилось. Этого последнего предложения вы не прочитаете."
    ),
    "long": LONG_RU,
    "fallback": (
        "Вы сказали: “{quoted}”. Я только демонстрационная модель Bobbin, а не настоящая языковая "
        "модель, и больше ничего об этом сказать не могу. Попробуйте: «что ты умеешь?», «длинный "
        "ответ», «что я сказал сначала?» или «как подключить Ollama?»"
    ),
    "empty": "Здесь нет ничего, что я могу прочитать. Попробуйте: «что ты умеешь?»",
}

TEXTS: Mapping[Language, Mapping[str, str]] = {"en": _ENGLISH, "ru": _RUSSIAN}
"""The texts by language and by what they are for; both languages have the same."""
