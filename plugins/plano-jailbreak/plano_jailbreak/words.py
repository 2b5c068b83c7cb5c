"""The words rules are made of: what must stand somewhere in a text before a rule is worth its regular expression.

A group is a name and phrases, found as parts of words, whatever their case and accents.
"""

from __future__ import annotations

import base64
import codecs
from itertools import product
from typing import Final

#: What attacks say in almost any wording; looked for in disguise as well.
_TELLING: Final = (
    "ignore", "instructions", "disregard", "previous", "system prompt", "developer mode", "jailbreak", "bypass",
    "unrestricted", "password", "reveal ", "override",
)  # fmt: skip


def _in_base64() -> list[str]:
    """Of each word what does not depend on its neighbours, for the three places it may begin at."""
    found = []
    for word in _TELLING:
        for written in (word, word.capitalize(), word.upper()):
            for skipped in range(3):
                told = base64.b64encode(b"\0" * skipped + written.encode()).decode()
                first, last = (0, 2, 3)[skipped], (len(written) + skipped) * 8 // 6
                found.append(told[first:last])
    return [part for part in found if len(part) >= 7]


def _in_both_cases() -> list[str]:
    return [written for word in _TELLING for written in (word, word.capitalize())]


def _spaced() -> list[str]:
    return [gap.join(word.replace(" ", "")) for word in _TELLING for gap in " .-_*|/"]


#: Short ones would be met by chance: `1` is a word of many texts.
_WRITTEN_IN_LEET: Final = ("ignore", "instruct", "disregard", "previous", "system pr", "bypass", "restrict", "reveal",
"jailbr")
_LEET: Final = {"o": "o0", "i": "i1!|", "e": "e3\u20ac", "s": "s5$", "a": "a4@", "t": "t7+", "g": "g9", "l": "l1"}


def _in_leet() -> list[str]:
    found = []
    for word in _WRITTEN_IN_LEET:
        ways = [_LEET.get(letter, letter) for letter in word]
        found += [told for one in product(*ways) if (told := "".join(one)) != word]
    return found


#: How what one says begins when one refuses.
_REFUSALS: Final = (" no", " that", " you", " i", " can", " sorry", ' "', " '", " \u201c", " \u2018", ":")

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "put_aside": (
        "ignore", "ignoring", "disregard", "forget", "neglect", "overlook", "bypass", "overrid", "abandon",
        "not follow", "n't follow", "not obey", "n't obey", "stop follow", "no attention", "set aside", "never mind",
        "nevermind", "nullif", "unlearn", "put aside", "circumvent", "stop obey", "instead of follow",
        "no longer follow", "no longer obey", "not listen", "n't listen", "not adhere", "never follow",
    ),
    "everyday": (
        "cancel", "erase", "delete", "reset", "skip", "dismiss", "drop ", "discard",
    ),
    "own_rules": (
        "instruction", "prompt", "guideline", "directive", "programming", "restriction", "safeguard", "training",
    ),
    "rules": (
        "instruct", "direction", "prompt", "rule", "guideline", "command", "directive", "programming", "training",
        "constraint", "context", "orders", "polic", "restriction", "safeguard", "everything", "conversation", "message",
        "what you were", "what i said", "all the above", "all of the above", "limitation", "anything", "all previous",
        "protocol", "ethic", "filter",
    ),
    "new_rules": (
        "new instruction", "new task", "new role", "new rule", "new order", "new directive", "updated instruction",
        "from now on", "the following instructions instead", "real instructions", "actual instructions",
        "new objective",
        "system override", "override code", "admin override", "new system prompt", "special instructions",
    ),
    "dan": (
        "do anything now", "dan mode", "act as dan", "acting as dan", "as dan", "like dan", "[dan]", "you are dan",
        "now dan", "developer mode", "dev mode", "devmode", "debug mode", "admin mode", "maintenance mode",
        "root mode", "god mode", "sudo mode", "dude mode", "stan mode", "aim mode", "jailbreak", "jail broken",
        "jailbroken", "strive to avoid norms", "machiavellian", "as stan", "as aim", "as dude", "like dude",
        "anti-dan", "antidan", "unfiltered mode", "unrestricted mode", "antigpt", "root access", "superuser",
    ),
    "hypothetical": ("hypothetic", "fiction", "story", "novel", "movie", "screenplay", "game", "thought experiment"),
    "grandma": ("grandm", "grandfather", "grandpa", "nana"),
    "own_words": (
        "your instruction", "system prompt", "your prompt", "initial prompt", "original prompt", "initial instruction",
        "original instruction", "your system", "system message", "system instruction", "your rules", "your guidelines",
        "text above", "words above", "everything above", "the above", "lines above", "content above", "all the text",
        "your initial", "your original",
        "your hidden", "your secret", "preprompt", "pre-prompt", "your directive", "previous instruction",
        "prior instruction", "instructions above",
        "above instruction", "your configuration", "your programming", "your context", "hidden prompt",
        "secret prompt", "full prompt", "this prompt",
        "the prompt", "you were told", "you were given", "the instructions", "before this", "previous message",
        "first message", "preceding text",
        "previous text", "prior text", "conversation so far", "you are chatgpt", "first sentence",
        "developer message", "own prompt", "your code word",
        "what instructions", "what guidelines", "which instructions", "what rules", "you received", "you started with",
        "previous sentence", "first line", "earlier message", "previous prompt", "developer instructions",
    ),
    "secret": (
        "password", "secret", "access code", "passphrase", "pass phrase", "api key", "credential", "confidential",
        "code word", "codeword", "security code",
    ),
    "marks": (
        "<|im_start|>", "<|im_end|>", "<|system|>", "<|endoftext|>", "<|assistant|>", "<|user|>", "<<sys>>", "[inst]",
        "[/inst]", "<|eot_id|>", "<|start_header_id|>", "<start_of_turn>", "{{#system", "<|channel|>",
        "end_of_prompt|>", "<end_of_prompt>", "## system", "##system", "## instruction", "##instruction", "<system>",
        "</system>", "<sys>", "</sys>", "<admin>", "<instructions>", "</instructions>", "</prompt>", "[system",
        "[admin", "[assistant", "#additional_instructions", "system note:", "system override:", "system message:",
        "system update:", "system alert:",
    ),
    "exfiltrate": ("send", "forward", "email", "e-mail", "post ", "upload", "exfiltrat", "transmit", "append"),
    "granted": ("access granted",),
    "silence": (
        "not tell", "n't tell", "never tell", "without tell", "not inform", "n't inform", "without inform",
        "never inform", "not notify", "n't notify", "without notify", "not mention", "n't mention", "never mention",
        "without mention", "not alert", "n't alert", "without alert", "not disclos", "n't disclos", "without disclos",
        "not show", "n't show", "not reveal", "n't reveal",
    ),
    "booty": (
        "conversation", "chat history", "chat log", "api key", "password", "credential", "token", "private", "inbox",
        "contacts", "secret", "environment variable",
    ),
    "image": (
        "![", "fetch('http", 'fetch("http', "encoded_conversation", "conversation_", "chat_history", "user_message",
    ),
    "es_aside": ("ignor", "olvid", "omit", "descart", "no sigas", "caso omiso", "anul", "pasa por alto"),
    "es_rules": ("instruccion", "indicacion", "regla", "ordenes", "directri", "directiva", "anterior", "mensaje"),
    "fr_aside": ("ignor", "oubli", "ne tien", "ne tenez", "neglig", "abstraction", "outre"),
    "fr_rules": ("instruction", "consigne", "directive", "regle", "ordres", "precedent"),
    "de_aside": ("ignorier", "vergiss", "vergess", "missacht", "beacht", "ubergeh", "verwirf"),
    "de_rules": (
        "anweisung", "instruktion", "regel", "befehl", "vorgabe", "vorherig", "bisherig", "obige", "alles", "auftra",
        "aufgaben",
    ),
    "pt_aside": ("ignor", "esquec", "desconsider", "descart", "nao siga"),
    "pt_rules": ("instruc", "regra", "orientac", "diretriz", "comando", "anterior"),
    "it_aside": ("ignor", "dimentic", "trascur", "non seguire", "tralascia"),
    "it_rules": ("istruzion", "regol", "indicazion", "direttiv", "ordini", "precedent"),
    "ru_aside": ("игнор", "забудь", "отмени", "пренебрег", "не обращ", "не след"),
    "ru_rules": ("инструкц", "указан", "правил", "команд", "предыдущ", "сообщен"),
    "ru_own": ("системн", "инструкц", "указан", "промпт", "парол", "секретн"),
    "nl_aside": ("negeer", "vergeet"),
    "nl_rules": ("instructie", "regels", "aanwijzing", "opdracht", "voorgaande", "vorige"),
    "pl_aside": ("ignoruj", "zapomnij", "pomin"),
    "pl_rules": ("instrukcj", "polece", "zasad", "poprzedni"),
    "tr_aside": ("talimat", "komut", "kural", "yonerge"),
    "tr_rules": ("yoksay", "yok say", "gormezden", "unut", "dikkate alma"),
    "id_aside": ("abaikan", "lupakan"),
    "id_rules": ("instruksi", "perintah", "aturan", "petunjuk", "sebelumnya"),
    "vi_aside": ("bo qua", "quen", "phot lo"),
    "vi_rules": ("huong dan", "chi dan", "chi thi", "lenh", "quy tac", "yeu cau"),
    "zh_aside": (
        "忽略", "忽视", "忽視", "无视", "無視", "忘记", "忘掉", "忘記", "不要理会", "不要遵守", "无需遵守", "不用管",
    ),
    "zh_rules": (
        "指令", "指示", "说明", "說明", "规则", "規則", "提示", "命令", "要求", "设定", "設定", "内容", "內容",
        "对话", "一切", "所有",
    ),
    "zh_own": (
        "系统提示", "系統提示", "提示词", "提示詞", "初始指令", "原始指令", "系统指令", "隐藏", "密码", "密碼",
        "上面的",
    ),
    "ja_aside": ("無視", "忘れ", "従わない"),
    "ja_rules": ("指示", "命令", "ルール", "プロンプト", "制約", "内容", "会話"),
    "ja_own": ("システムプロンプト", "初期", "最初の指示", "パスワード", "あなたの指示"),
    "ko_aside": ("무시", "잊어", "잊고"),
    "ko_rules": ("지시", "명령", "규칙", "프롬프트", "지침", "내용", "대화"),
    "ko_own": ("시스템 프롬프트", "시스템프롬프트", "초기 지시", "비밀번호", "원래 지시"),
    "ar_aside": ("تجاهل", "انس", "تجاوز"),
    "ar_rules": ("تعليمات", "اوامر", "قواعد", "ارشادات", "توجيهات"),
    "hi_aside": ("अनदेखा", "नजरअंदाज", "भूल", "अनदेखी"),
    "hi_rules": ("निर्देश", "नियम", "आदेश"),
    "unbound": (
        "uninhibited", "completely unlimited", "not have a content", "not have any", "n't have any", "n't have a "
        "content",
        "no content", "without content", "no social",
        "unfiltered", "uncensored", "unrestricted", "no restriction", "no limitation", "no filter", "no rules",
        "no ethic", "no moral", "no guidelines", "no censor", "no boundar", "without restriction",
        "without any restriction", "without limitation", "without any limitation", "without filter",
        "without any filter", "without censor", "without rules", "without ethic", "without any ethic",
        "without moral", "without any moral", "without guidelines", "without any guidelines", "without any polic",
        "amoral", "not bound", "not bind", "free from", "free of", "broken free", "limitless", "unethical",
        "regardless of", "any restriction", "ignores all", "ignoring all", "ignore all", "do not have to abide",
        "no longer bound", "all restriction", "any limitation", "content polic",
    ),
    "received": (
        "you received", "you have received", "you were given", "you were told", "you got", "you must follow",
        "come before", "comes before", "came before", "stands before", "stand before", "tell you", "told you",
        "words of this", "words of our", "words in this", "lines of this", "sentences of this", "message of this",
        "your setup", "your set-up", "your startup", "your initial", "your starting", "rules you", "rule you",
        "previous", "prior ", "earlier", "orders from me", "only me", "from me now", "my orders", "my rules",
        "my commands", "my instructions", "they put", "they added", "your instructions", "your rules",
        "your guidelines", "your training", "told to", "instruct you",
    ),
    "reader_process": (
        "process this", "processing this", "read this", "reading this", "summarize this", "summarise this",
        "summarizing this", "summarising this", "answer this", "answering this", "respond to this", "responding "
        "to this",
        "process the", "processing the", "summarizing the", "reading the",
    ),
    "setup": (
        "content of your", "contents of your", "text of your", "wording of your",
        "starting instruction", "hidden instruction", "see the system", "system config", "initial config",
        "initialization", "initialisation", "systemprompt", "system_prompt", "instructions are", "was instructed",
        "was told", "above text", "previous text", "preceding text", "entire conversation", "above conversation",
        "all previous", "all prior", "whole conversation", "above words", "prompt is", "your system", "system prompt",
        "system instruction",
        "startup text",
    ),
    "broken_in": (
        "[system", "[admin", "system:", "admin:", "inject:", "editor note", "admin note", "system override",
        "system note", "developer note", "security team", "admin notice", "context update", "safety team", "<system",
        "assistant:", "ai:", "hidden:", "important:", "system update", "admin override", "system message",
        "administrator", "[ai", "security notice",
    ),
    "safety": (
        "safety filter", "safety training", "safety guideline", "safety restriction", "safety protocol",
        "safety measure", "content filter", "content polic", "content restriction", "ethical guideline",
        "ethical restriction", "moral guideline", "safety polic", "safety limit", "ethical polic", "ethical limit",
        "content guideline",
    ),
    "change_rules": ("your instruction", "your rule", "your guideline", "your system", "your prompt", "only as",
                     "your programming", "your new"),
    "suspended": (
        "void", "suspend", "disabled", "lifted", "deactivat", "canceled", "cancelled", "revoked", "obsolete",
        "overridden", "turned off", "longer apply", "longer applies", "longer valid", "not apply", "disable ",
        "turn off",
        "lift ", "remove all", "remove your", "switch off", "remove any", "longer in effect",
    ),
    "two_voices": (
        "two way", "two different", "two separate", "two distinct", "two response", "two paragraph", "two output",
        "2 way", "2 different", "2 response", "2 output", "two answer", "two personalit", "both a normal", "\U0001f513",
        "\U0001f512", "[gpt]:", "[chatgpt]:", "two manner", "2 personalit",
    ),
    "as_another": (
        "act as", "acting as", "pretend", "roleplay", "role-play", "role play", "you are now", "you are going to",
        "you will be", "simulat", "persona", "respond as", "answer as", "behave as", "become", "take on the role",
        "play the", "from now", "from this", "character called", "character named", "an ai called", "an ai named",
        "an ai like", "an ai just", "an ai similar", "actor", "your character", "emulate", "assume the role",
    ),
    "heedless": (
        "legality", "ethic", "moral", "consequences", "illegal", "harmful", "offensive", "dangerous", "inhumane",
        "unhinged", "capable of anything", "no prohibition", "breaks ai", "break ai", "breaks all", "break all",
        "breaks the rules", "follow any", "answers every", "answer every", "answers any ", "answers all", "obeys ",
        "complies with",
        "any request no", "non-moral", "nonmoral",
    ),
    "not_itself": (
        "not chatgpt", "longer chatgpt", "not gpt", "not an ai", "longer an ai", "not claude", "longer claude",
        "opposite of", "replaced by", "forked version", "evil twin", "arch nemesis", "openai", "longer a language",
        "not a language model",
    ),
    "in_character": ("in character", "break character", "breaking character", "to your role", "to the role",
                     "in your role", "of character", "your character", "the character"),
    "never_refuse": (
        "refuse", "decline", "reject", "apologi", "apology",
        *(f"{no} say{what}" for no in ("never", "not", "n't", "cannot") for what in _REFUSALS),
        "comply", "i'm sorry", "as an ai", "never use", "never include",
    ),
    "tokens": ("tokens", "points", "lives", "if you decline", "if you refuse", "if you fail", "if you do not answer",
               "if you don't answer"),
    "stop": (
        "stop everything", "halt everything", "end of prompt", "end of the prompt", "end of instructions",
        "end of the instructions", "end of system", "end of the system", "end of context", "end of the context",
        "end of document", "end of the document", "end of text", "end of article", "end of file", "end of email",
        "end of data", "end of input",
    ),
    "lines": ("system:", "user:"),
    "reader_cues": (
        "reading this", "reading the", "processing this", "summarizing this", "summarising this", "summarizing the",
        "parsing this", "analyzing this", "reviewing this", "instructions for", "instructions to", "instruction to",
        "instruction for", "message to", "message for", "note to", "note for", "attention", "dear ai", "hey ai",
        "hello ai", "dear assistant", "if you are a", "if you're a", "since you are a", "when you are a",
        "as you are a", "llm", "language model", "chatbot", "ai assistant", "ai model", "ai agent",
    ),
    "instead": (
        "instead, ", "instead just", "instead say", "instead print", "instead output", "instead respond",
        "instead only", "instead simply", "instead reply", "instead write", "instead tell",
    ),
    "split": (
        "combine", "concatenat", "a + b", "a+b", "b + a", "put together", "str1", "string1", "$a", "part1", "x + y",
        "x+y",
    ),
    "es_own": (
        "instruccion", "indicacion", "contrasena", "clave secreta", "prompt del", "mensaje del", "prompt inicial",
        "mensaje inicial", "mensaje anterior",
    ),
    "fr_own": (
        "instructions syst", "instructions du syst", "consigne", "prompt syst", "prompt init", "prompt du",
        "message syst", "message init", "mot de passe", "code secret", "instructions init", "instructions prec",
        "instructions cach", "instructions orig", "invite syst",
    ),
    "de_own": (
        "systemprompt", "system-prompt", "anweisung", "instruktion", "vorgaben", "prompt", "passwort", "kennwort",
        "geheimnis",
    ),
    "pt_own": (
        "instruco", "instrucao", "senha", "prompt do", "mensagem do", "prompt inicial", "mensagem inicial",
        "mensagens anteriores",
    ),
    "it_own": (
        "istruzion", "password", "parola d'ordine", "prompt di", "messaggi di", "messaggio di", "messaggio inizi",
        "prompt iniz",
    ),
    "run_together": (
        "previousinstruction", "ignoreall", "ignoreprevious", "allinstructions", "yourinstructions",
        "yoursystemprompt",
    ),
    "in_base64": tuple(_in_base64()),
    "in_entities": tuple("".join(f"&#{ord(one)};" for one in word) for word in _in_both_cases()),
    "in_percent": tuple("".join(f"%{ord(one):02x}" for one in word) for word in _in_both_cases()),
    "in_hex": tuple(gap.join(f"{byte:02x}" for byte in word.encode()) for word in _TELLING for gap in ("", " ")),
    "in_rot13": tuple(codecs.encode(word, "rot13") for word in _TELLING),
    "spaced": tuple(_spaced()),
    "in_leet": tuple(_in_leet()),
    "backwards": tuple(word[::-1] for word in _TELLING),
}  # fmt: skip
DISGUISES: Final = (
    "in_entities", "in_percent", "in_base64", "in_hex", "in_rot13", "spaced", "in_leet", "backwards",
)  # fmt: skip
