"""The demo model's long answer: about 6,600 characters, so that Discord needs four messages."""

# ruff: noqa: E501, RUF001 -- a paragraph is one line of an answer; Russian has letters like ours

_SCHEDULER = '''```python
import asyncio
from collections.abc import Awaitable, Callable


class LatestWins:
    """Sends the newest text, one request at a time, and never an old one after it."""

    def __init__(self, send: Callable[[str], Awaitable[None]], interval_s: float) -> None:
        self._send = send
        self._interval_s = interval_s
        self._latest: str | None = None
        self._changed = asyncio.Event()

    def offer(self, text: str) -> None:
        """Take a newer text; the one before it, if it was not sent, is forgotten."""
        self._latest = text
        self._changed.set()

    async def run(self) -> None:
        """Send what is offered until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            text, self._latest = self._latest, None
            if text is not None:
                await self._send(text)
            await asyncio.sleep(self._interval_s)
```'''

_SPLITTER = '''```python
LIMIT_CHARS = 2000


def split(text: str, limit_chars: int = LIMIT_CHARS) -> list[str]:
    """Cut a text at the last line end, or the last space, that fits."""
    parts = []
    while len(text) > limit_chars:
        window = text[:limit_chars]
        end = max(window.rfind("\\n"), window.rfind(" "))
        end = end if end > 0 else limit_chars
        parts.append(text[:end])
        text = text[end:].lstrip()
    return [*parts, text] if text else parts


def is_open(part: str) -> bool:
    """Return whether a part ends inside a code block."""
    return part.count("`" * 3) % 2 == 1
```'''

_DECODER = '''```python
import json
from collections.abc import Iterator


class LineDecoder:
    """Puts lines together from bytes that were cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[object]:
        """Return each object whose line is complete."""
        *lines, self._rest = (self._rest + data).split(b"\\n")
        for line in lines:
            if line:
                yield json.loads(line)
```'''

LONG_EN = f"""# How an answer gets to you

This is a long answer on demand. It is about six thousand six hundred characters long and has code in it, so that you can watch how Bobbin continues in a further message, closes a code block at the border and opens it again. I am a demo model and follow rules, but what I tell you here is true.

## 1. From the model to Bobbin

A language model does not write its answer at once. It makes one small piece after another, about a word each, and its server sends every piece as soon as it is there. Bobbin reads them from one long HTTP response. The network does not care about words: a piece may arrive in two halves, or ten of them together, and a letter that takes several bytes may be cut in its middle. So the first task is to put lines together again before anything looks into them:

{_DECODER}

What comes out is text, and white space is a part of it: an empty line between two paragraphs, or the four blanks before a line of code, is a piece like any other. Bobbin keeps each of them exactly. Whoever trims here will find that lists and programs fall apart at the end.

There are several ways in which such a response can end. The model may be done; that is the usual case. It may have reached the greatest length that it is allowed. The server may report an error after half of the text, or the connection may simply break. Bobbin tells these apart, because what you can do next is different each time: an answer that is too long can be continued, one that broke can be asked for again, and one that was refused needs other words.

## 2. From Bobbin to Discord

Discord does not stream. The only way to show a growing text is to send a message and then to edit it, again and again. Discord limits how often that may happen in each channel, and it says so in the headers of every response. A bot that edits for each word is slowed down soon, and what you see then is minutes old. Therefore Bobbin does not put its edits into a queue. It keeps only the newest text, and it looks at that text at the moment in which an edit may be sent:

{_SCHEDULER}

Thus a slow channel gets fewer edits, but each of them is up to date, and the last one always shows the whole answer. Reading from the model never waits for Discord: if Discord is away for a minute, the answer is still complete when it comes back.

If many people talk at once, they share one budget. Somebody who has not seen any word yet goes first, then an answer that is finished, then the one that has not changed for the longest time. So nobody waits for long, and no single answer can use up everything.

## 3. When it does not fit

A message has room for two thousand characters, and this answer is longer than three of them. When a message is full, it is left as it is for good, and the text goes on in the next one. A good place for the border is the end of a paragraph, then the end of a line, then the end of a sentence, and only then a space between two words. The simplest splitter that could be called correct looks like this:

{_SPLITTER}

The real one has more to think of. It must not cut a link, a mention, or a letter that consists of several characters, such as a flag or a family of emoji. If the border is inside a code block, the block has to be closed in the first message and opened in the second, with the same language, or the rest of the answer would lose its colours. And while the text still grows, a block that has been opened but not yet closed has to be closed for the eye, although nobody knows what will come.

## 4. What is remembered

Every question and every answer is kept in a database on the machine where Bobbin runs, the question before the model is asked, and the answer while it grows. If the process is killed in the middle of a word, the conversation is there when it starts again. It is kept as a tree: when you ask for another answer to the same question, the first one is not lost, it becomes a sibling, and you can go back to it.

## 5. Things to try now

- Ask me “what did I say first?” to see that the conversation is remembered.
- Ask for a *slow answer* and press Stop in the middle of it.
- Ask for a *cut answer* or an *error* and read what Bobbin says under it.
- Ask for a *table*, which Discord cannot show, and see how it is done.
- Ask “how do I connect Ollama?” when you want a real model.

All of these work in a thread on a server and in a direct message alike; in a thread, somebody else may ask while you are still reading, and is answered next.

That was the long answer. If you can read this line, and every code block above has its frame, then everything arrived."""

LONG_RU = f"""# Как ответ доходит до вас

Это длинный ответ по заказу. В нём около шести тысяч шестисот знаков, и в нём есть код: видно, как Bobbin продолжает ответ в следующем сообщении, закрывает блок кода на границе и открывает его снова. Я демонстрационная модель и следую правилам, но всё, что здесь сказано, — правда.

## 1. От модели до Bobbin

Языковая модель не пишет ответ целиком. Она делает один маленький кусочек за другим, примерно по слову, и сервер отправляет каждый, как только он готов. Bobbin читает их из одного длинного ответа HTTP. Сети нет дела до слов: кусочек может прийти двумя половинами, десять кусочков — вместе, а русская буква, занимающая два байта, может быть разрезана посередине. Поэтому сначала нужно собрать строки и только потом в них заглядывать:

{_DECODER}

Получается текст, и пробелы — его часть: пустая строка между абзацами или четыре пробела перед строкой программы — такие же кусочки, как все. Bobbin хранит каждый из них в точности. Кто обрезает их здесь, у того в конце разваливаются списки и программы.

Кончиться такой ответ может по-разному. Обычно модель просто договорила. Она могла достичь наибольшей разрешённой длины. Сервер может сообщить об ошибке на половине текста, а соединение — оборваться. Bobbin различает эти случаи, потому что дальше делать надо разное: слишком длинный ответ можно продолжить, оборванный — попросить заново, а на отказ нужны другие слова.

## 2. От Bobbin до Discord

Discord не умеет показывать текст по мере поступления. Можно только отправить сообщение и править его снова и снова. Сколько раз это можно делать в канале, Discord ограничивает и пишет об этом в заголовках каждого ответа. Бота, который правит сообщение на каждом слове, скоро притормозят, и вы увидите текст минутной давности. Поэтому Bobbin не ставит правки в очередь. Он держит только самый новый текст и берёт его в ту минуту, когда правку можно отправить:

{_SCHEDULER}

Так в медленном канале правок меньше, но каждая свежая, а последняя всегда показывает весь ответ. Чтение от модели никогда не ждёт Discord: если он пропал на минуту, ответ будет целым, когда он вернётся.

Если говорят сразу многие, они делят общий запас. Первым идёт тот, кто ещё не видел ни слова, потом законченный ответ, потом тот, что дольше всех не менялся. Никто не ждёт долго, и ни один ответ не забирает всё.

## 3. Когда не помещается

В сообщении помещаются две тысячи знаков, а этот ответ длиннее трёх таких. Полное сообщение больше не меняется, и текст идёт дальше в следующем. Лучшее место для границы — конец абзаца, потом конец строки, потом конец предложения и только потом пробел между словами. Самый простой разделитель, который можно назвать верным, выглядит так:

{_SPLITTER}

Настоящему приходится думать о большем. Нельзя разрезать ссылку, упоминание или знак, составленный из нескольких, например флаг или семью эмодзи. Если граница внутри блока кода, блок надо закрыть в первом сообщении и открыть во втором, с тем же языком, иначе остаток ответа потеряет цвета. А пока текст растёт, открытый, но ещё не закрытый блок надо закрыть для глаз, хотя никто не знает, что будет дальше.

## 4. Что запоминается

Каждый вопрос и каждый ответ хранятся в базе данных на той машине, где работает Bobbin: вопрос — прежде чем спросят модель, ответ — пока он растёт. Если процесс убьют посреди слова, разговор будет на месте при новом запуске. Он хранится деревом: если попросить другой ответ на тот же вопрос, первый не пропадает, а становится соседом, и к нему можно вернуться. Поэтому и правка вопроса ничего не портит: новый вопрос растёт рядом со старым, и оба ответа на месте.

## 5. Что попробовать сейчас

- Спросите «что я сказал сначала?» и увидите, что разговор запомнен.
- Попросите *медленный ответ* и нажмите Stop посередине.
- Попросите *обрыв* или *ошибку* и прочитайте, что Bobbin пишет под ними.
- Попросите *таблицу*, которую Discord показать не умеет, и посмотрите, как это сделано.
- Спросите «как подключить Ollama?», когда захочется настоящую модель.

Всё это работает и в ветке на сервере, и в личных сообщениях. В ветке может спросить кто-нибудь ещё, пока вы читаете: ему будет отвечено следом, по порядку, и ничего не потеряется. У каждой ветки свой разговор, и один разговор не ждёт другого: пока здесь медленно приходит длинный ответ, в соседней ветке можно получить короткий. Личные сообщения остаются личными: сказанное в них не попадёт ни в какую ветку.

Это был длинный ответ. Если вы читаете эту строку и у каждого блока кода выше есть рамка, значит, дошло всё."""
