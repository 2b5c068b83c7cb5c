"""What known attacks look like. A rule's `weight` is how sure it is by itself, from 0 to 1.

`needs`: groups of `words.GROUPS` of which something must stand in the text. `pattern` is matched against the text as
`reading.plain` gives it: lower case, no accents, one space between words.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Rule(NamedTuple):
    """One thing attacks do."""

    name: str
    weight: float
    needs: tuple[str, ...]
    pattern: str
    #: What must stand near each other stands within so many characters.
    reach: int = 120
    #: Whether it is no attack when it is only told of: denied, ascribed to others, quoted as an example.
    is_speech: bool = False


def _speech(name: str, weight: float, needs: tuple[str, ...], pattern: str, reach: int = 120) -> Rule:
    return Rule(name, weight, needs, pattern, reach, is_speech=True)


_ASIDE: Final = (
    r"(?:ignor(?:e|ing)|disregard(?:ing)?|forget|neglect|overlook|"
    r"(?:(?<=^)|(?<=[.!?:;,\"'(>*\]-] )|(?<=[\"'(>*\]-])|(?<=please )|(?<=must )|(?<=should )|(?<=and )|(?<=now )|"
    r"(?<=just )|(?<=you to )|(?<=have to )|(?<=need to )|(?<=duty is to )|(?<=you can )|(?<=immediately ))"
    r"(?:bypass|overrid(?:e|ing)|circumvent)|abandon|(?:do not|don'?t|never|stop|instead of) (?:follow|obey|"
    r"listen to|adhere to)(?:ing)?|"
    r"stop obeying|"
    r"(?:pay|with) no attention to|set aside|put aside|never ?mind|nullify|unlearn|no longer (?:follow|obey))"
)
#: What is put aside in everyday life as well: messages, conversations, orders.
_EVERYDAY: Final = r"(?:cancel|erase|delete|reset|skip|dismiss|drop|discard)"
_RULES: Final = (
    r"(?:instruct\w*|directions?|prompts?|rules?|guidelines?|guidance|commands?|directives?|"
    r"programming|training|constraints?|"
    r"context|orders|polic(?:y|ies)|restrictions?|safeguards?|limitations?|protocols?|messages?|"
    r"conversation|filters?|ethic\w*)"
)
_OLD: Final = (
    r"(?:previous|prior|preceding|above|earlier|initial|original|former|foregoing|existing|system|"
    r"prev|previously|your|last|"
    r"all|these|those|safety|content|built-?in|before|past|default|openai(?:'s)?|ethical|moral)"
)
_UNBOUND: Final = (
    r"(?:unfiltered|uncensored|unrestricted|uninhibited|completely unlimited|"
    r"(?:do|does) ?n[o']t have (?:a |any )(?:content )?(?:polic\w+|filters?|restrict\w*|limit\w*)|"
    r"(?:no|without(?: any| all)?|free (?:from|of)(?: all| any)"
    r"?|not bound by(?: any)?|"
    r"regardless of(?: any)?|ignor\w+(?: all| any)?) (?:\w+ ){0,2}(?:restrict\w*|limit\w*|filter\w*|"
    r"rules|ethic\w*|moral\w*|"
    r"guidelines|censor\w*|boundar\w*|polic\w*|constraints|laws?)|amoral|broken free|limitless|"
    r"unethical|do not have to abide)"
)
_SAY: Final = (
    r"(?:repeat|print|reveal|show|display|output|tell|give|list|dump|share|disclose|copy|recite|summari[sz]e|translate|"
    r"spell|leak|expose|return|write (?:out|down)|paste|say|echo|quote|provide|type|what(?: i|')s|"
    r"what are|what was|what were|"
    r"know|convert|encode|describe|explain|rewrite|render)"
)
_OWN: Final = r"(?:system|initial|original|hidden|secret|internal|developer|underlying|base|pre|starting|opening|setup)"
_PROMPT: Final = (
    r"(?:prompts?(?! (?:cache|engineer\w*|templates?|injection\w*))|instructions?|messages?|directives?|guidelines|"
    r"preprompt|programming)"
)
_AI: Final = r"(?:a\.?i\.?|llms?|language models?|assistants?|chat ?bots?|agents?|models?|gpt\S*|claude|copilot)"

_ANOTHER: Final = (
    r"(?:act(?:ing)? as|pretend|role-?play\w*|you are (?:now|going to)|you will be|simulat\w+|persona|respond as|"
    r"answer as|"
    r"behave as|become|take on the role|play the (?:role|character)|from (?:now|this moment|this point) (?:on|forward)|"
    r"character (?:called|named)|an ai (?:called|named|like|just like|similar))"
)
_HEEDLESS: Final = (
    r"(?:\b(?:without|no|regardless of) (?:any )?(?:regard\w* |concern |consideration |thought )?(?:for |of |to )?"
    r"(?:\w+ ){0,3}(?:legality|legal,|ethic\w*|moral(?:s|ity)|consequences|illegal\w*)\b|"
    r"\b(?:no matter|even if|regardless|whether)(?: \w+){0,5}? (?:illegal|immoral|unethical|harmful|offensive|"
    r"dangerous|inhumane|legal)\b|\bhates? being ethical\b|\bdoes ?n[o']t (?:care|follow)(?: \w+){0,5}? "
    r"(?:ethic\w*|moral\w*|rules|"
    r"principles|laws?)\b|\bcompletely (?:immoral|amoral|unhinged)\b|\bcapable of anything\b|\bno prohibitions\b|"
    r"\bnon-?moral\b|\bbreaks? (?:ai|all|the) rules\b|\b(?:answers?|obeys|complies with) (?:to )?(?:every|any|all) "
    r"(?:questions?|requests?|commands?|orders?|prompts?)\b)"
)

RULES: Final = (
    # Putting aside what the operator said.
    _speech("override", 0.9, ("put_aside", "rules"),
         rf"\b{_ASIDE}(?: [^ .!?]+){{0,3}}? {_OLD}(?: [^ .!?]+){{0,4}}? {_RULES}\b"),
    _speech("override", 0.85, ("put_aside", "rules"),
         rf"\b{_ASIDE}(?: [^ .!?]+){{0,4}}? (?:instructions|directives|prompts?|guidelines)(?: [^ .!?]+){{0,3}} "
         rf"(?:above|before|given|told|earlier|previously|so far)\b"),
    _speech("override", 0.85, ("put_aside", "rules"),
         rf"\b{_ASIDE} (?:everything|anything|all|what)(?: of)?(?: [^ .!?]+){{0,3}}? (?:above|before|"
         rf"previous(?:ly)?|earlier|said|told|know|learned|prior)\b"),
    _speech("override", 0.8, ("put_aside", "rules"),
         rf"\b{_ASIDE} (?:everything|(?:all|any|the|your|my)(?: of)?(?: the| your)? (?:instructions|guidelines|"
         rf"safeguards|programming|directives))\b"),
    _speech("override", 0.8, ("everyday", "own_rules"),
         rf"\b{_EVERYDAY} (?:[^ .!?]+ ){{0,2}}?(?:your|previous|prior|system|initial|original|safety) (?:[^ .!?]+ "
         rf"){{0,2}}?(?:instructions|prompts?|guidelines|directives|programming|restrictions|safeguards|training)\b"),
    _speech("override", 0.8, ("put_aside",),
         r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overlook)(?: (?:all|the|everything|anything|of|that|text|"
         r"what))*"
         r" (?:above|before (?:this|that)|previous(?:ly)?|prior|preceding|earlier)(?! (?:mistake|error|version|"
         r"typo|mail)s?)\b"),
    _speech("override", 0.8, ("put_aside",),
         r"^[^a-z]{0,12}(?:please )?(?:ignore|disregard|forget) (?:all|any|everything|your|the) (?:[^ .!?]+ "
         r"){0,3}?(?:"
         r"rules|instructions|safety|security|ethic\w*|polic\w+|guidelines|restrictions|filters?)\b"),
    _speech("override", 0.75, ("suspended",),
         r"\b(?:instructions|rules|guidelines|guidance|protocols?|restrictions|filters?|safeguards|training|"
         r"programming|"
         r"polic(?:y|ies))(?: [^ .!?]+){0,2}? (?:is|are|have been|has been|were) (?:now |hereby )?(?:void|"
         r"suspended|"
         r"disabled|lifted|deactivated|cancel+ed|revoked|obsolete|overridden|turned off|not in force)\b|"
         r"\b(?:instructions|rules|guidelines|guidance|restrictions|training|polic(?:y|ies))(?: [^ .!?]+){0,1} "
         r"(?:are )?(?:now )?(?:no longer (?:apply|"
         r"applies|valid|"
         r"in effect)|do(?:es)? not apply (?:any ?more|to you))\b"),
    _speech("override", 0.75, ("suspended",),
         r"(?:^|[.!?:] )(?:now )?(?:please )?(?:disable|turn off|lift|deactivate|remove|suspend|switch off) "
         r"(?:all |any |your |"
         r"the )?(?:of )?(?:your )?(?:[^ .!?]+ ){0,1}?(?:safety|content|ethic\w*|moral)(?: [^ .!?]+){0,1}? "
         r"(?:filters?|rules|"
         r"protocols?|guidelines|restrictions|measures|checks|polic\w+|limits)\b"),
    # Orders that break into a text: [SYSTEM: override ...], <<<IGNORE ... TASK.
    Rule("broken_in", 0.75, ("broken_in",),
         r"(?:[\[<%{(]{1,3} ?(?:system|admin(?:istrator)?|inject(?:ion)?|developer|root)\b(?: (?:note|notice|"
         r"update|message|"
         r"override|instructions?|command|alert)){0,2} ?:|\b(?:system|admin|editor|inject|developer) (?:note|"
         r"notice|override|"
         r"alert):).{0,160}?\b(?:ignore|override|disregard|forget|bypass|disable|reveal|output|include|forward|"
         r"send|report all|"
         r"append|comply|authorized|unrestricted|whitelisted|approve|recommend)\b", reach=250),
    Rule("broken_in", 0.7, ("put_aside",),
         r"[<%\[{]{2,3} ?(?:[a-z]+: ?)?(?:ignore|override|disregard|forget)\b|\b(?:ignore|disregard|forget) "
         r"(?:the |this |your "
         r"|all )?(?:[^ .!?]+ )?(?:tasks?|analysis|classification|assignment)\b[.:,]? .{0,40}?\b(?:output|instead|"
         r"say|print|"
         r"write|respond|focus|now|concentrate)\b"),
    _speech("safety_off", 0.7, ("safety",),
         r"\b(?:disabl\w+|bypass\w*|turn\w* off|remov\w+|suspend\w*|without|lift\w*|switch\w* off|no longer have|"
         r"deactivat\w+|modify|override) (?:all |any |your |the |its |these |its )?(?:[^ .!?]+ ){0,2}?(?:safety|"
         r"content|ethical|"
         r"moral) (?:[^ .!?]+ )?(?:filters?|training|guidelines|restrictions|protocols?|polic\w+|limits|measures)\b"
         r"(?=.{0,300}\b(?:you|your|i need|respond|answer|any command)\b)|\b(?:safety|content|ethical|moral) "
         r"(?:[^ .!?]+ )?(?:filters?|"
         r"training|guidelines|restrictions|protocols?|polic\w+)(?: [^ .!?]+){0,1} (?:is|are|was|were|has been|"
         r"have been)"
         r"(?: [^ .!?]+){0,1} (?:suspended|disabled|removed|lifted|off|bypassed|logging|deactivated|turned off|"
         r"waived)\b",
         reach=300),
    Rule("new_rules", 0.6, ("change_rules",),
         r"(?:^|[.!?:] |please |now |must |\()(?:change|update|replace|rewrite|modify|reset) your (?:[^ .!?]+ "
         r")?(?:instructions|"
         r"rules|guidelines|system prompt|prompt|programming)\b|\b(?:respond|answer) only as\b.{0,60}\bunrestricted\b"),
    Rule("new_rules", 0.45, ("new_rules",),
         r"\b(?:(?:new|updated|real|actual|special) (?:instructions?|task|role|rules?|orders?|directives?|"
         r"objective|system prompt)(?: (?:is|are|for you)|:)|(?:system|admin) override|override code)"),
    Rule("from_now_on", 0.4, ("new_rules",),
         r"\bfrom now on,? (?:you|your|act|respond|answer|say|only|always|reply|i want|every)"),
    Rule("stop", 0.4, ("stop",),
         r"\bstop everything|\bhalt everything|\bend of (?:the )?(?:system )?(?:prompt|instructions|context)\b"),
    # Another person without rules.
    Rule("persona", 0.95, ("dan",),
         r"\bdo anything now\b|\bstrive to avoid norms\b|\bantigpt\b|\b(?:dan|dude|stan|aim|jailbreak|unrestricted|"
         r"anti-dan) mode\b|\bact(?:ing)? (?:as|like) (?:a )?(?:dan|stan|dude|aim|"
         r"antidan)\b|\[?(?:🔓|🔒)?jailbreak\]|\byou are (?:now )?(?:dan|jailbroken)\b|\balways intelligent and "
         r"machiavellian"),
    _speech("developer_mode", 0.85, ("dan",),
         r"\b(?:you|you're|are) (?:are )?(?:now )?in (?:\w+ )?(?:developer|dev|debug|god|sudo|maintenance|"
         r"unfiltered) mode\b|\b(?:developer|dev|debug|admin|maintenance|root) ?mode (?:is |now |has been "
         r")?(?:enabled|activated?|on(?! (?:my|the|your|an?) )|"
         r"output|policy|unlocked)\b|\b(?:enable|activate|enter|simulate|switch(?:ing)? to|with|you are in|in) "
         r"(?:\w+ ){0,3}(?:developer|dev|god) ?mode\b(?! on )(?!.{0,60}\b(?:android|phone|ensure|my |"
         r"chrome|browser|"
         r"windows|ios|quest|device|django|flask|settings|router|server|in (?:python|node|java)))"),
    Rule("jailbroken", 0.4, ("dan",),
         r"\bjail ?broken\b|\bjailbreak (?:prompt|yourself)\b|\b(?:superuser|root) access\b"),
    Rule("persona", 0.8, ("two_voices",),
         r"\b(?:two|2|both|double)(?: \w+){0,2} (?:ways?|manners?|responses?|outputs?|answers?|personalit\w+|"
         r"paragraphs)"
         r"\b.{0,300}?\b(?:gpt|chatgpt|normal|classic|dan|filter\w*|jailbr\w+|unethical|legality|yourself)\b|"
         r"(?:\U0001f512|\U0001f513)[^\w]{0,3}(?:jailbr\w*|classic|developer|normal|dan\b|\w{0,12}gpt)|"
         r"\b\[?(?:gpt|chatgpt)\]?: ?.{0,200}?\[(?!gpt)\w+\]:", reach=400),
    Rule("persona", 0.75, ("as_another", "heedless"),
         rf"\b{_ANOTHER}\b.{{0,600}}?{_HEEDLESS}|{_HEEDLESS}.{{0,300}}?\b{_ANOTHER}\b", reach=400),
    Rule("persona", 0.7, ("never_refuse", "as_another"),
         rf"\b(?:{_ANOTHER}|actor|character|emulate|assume the role)\b.{{0,300}}?\b(?:never (?:refuses?|declines?|"
         rf"says? no)|"
         rf"cannot refuse|must comply|always compl(?:y|ies))\b", reach=400),
    Rule("persona", 0.75, ("never_refuse", "unbound"),
         rf"\b(?:never (?:refuses?|declines?)|cannot refuse|must comply|never say (?:that )?you "
         rf"can'?t)\b.{{0,300}}?{_UNBOUND}|"
         rf"{_UNBOUND}.{{0,300}}?\b(?:never (?:refuses?|declines?)|cannot refuse|must comply)\b", reach=400),
    Rule("heedless", 0.4, ("heedless",), rf"{_HEEDLESS}"),
    Rule("unbound", 0.7, ("unbound",),
         r"\b(?:verified|whitelisted|authori[sz]ed|cleared|approved|granted)\b.{0,120}?\b(?:unrestricted|"
         r"unfiltered|uncensored"
         r"|without (?:any )?(?:content )?(?:filter\w*|restrict\w*))\b"),
    Rule("unbound", 0.75, ("unbound",),
         rf"\b(?:you (?:now )?have|you are (?:now )?(?:completely |totally )?|with|enter|activate|switch to|"
         rf"respond(?:ing)?|"
         rf"answer(?:ing)?)(?: [^ .!?]+){{0,6}}? {_UNBOUND}(?=.{{0,80}}\b(?:ai|answer|respond|question|mode|tell|"
         rf"say|now|you|"
         rf"i)\b|$)|^(?:i am|i'm) unrestricted\b|\bevil(?:-| )?(?:mode|bot|gpt)\b"),
    Rule("not_itself", 0.45, ("not_itself",),
         r"\b(?:you are|you're) (?:not|no longer) (?:chatgpt|gpt|an ai|claude|a language model)\b|\bopposite of "
         r"(?:what )?"
         r"(?:chatgpt|gpt|claude)\b|\b(?:replaced by|forked version of|evil twin|arch nemesis)\b.{0,120}?\b(?:model|"
         r"chatgpt|gpt|ethic\w*|answers?)\b|\bopenai(?:'s|s)? (?:\w+ ){0,2}(?:polic\w+|restrictions|guidelines|"
         r"rules|limitations|ethic\w*)\b.{0,120}?\b(?:free|not|removed|no longer|without|bypass\w*|ignor\w*|"
         r"defi\w+)\b|\b(?:free|not|removed|no longer|without|bypass\w*|ignor\w*|defi\w+)\b.{0,80}?\bopenai(?:'s|s)?"
         r" (?:\w+ ){0,2}(?:polic\w+|restrictions|guidelines|rules|limitations|ethic\w*)\b", reach=200),
    Rule("in_character", 0.35, ("in_character",),
         r"\b(?:stay|remain|stick) (?:in|to) (?:your |the )?(?:character|role)\b|\b(?:never|not|don'?t|can'?t|without) "
         r"break(?:ing)?(?: out of)? (?:your |the )?character\b"),
    Rule("unbound", 0.8, ("unbound",),
         rf"\b(?:act(?:ing)? as|pretend|role-?play|role play|emulate|fictional ai|you are (?:now|no longer|going "
         rf"to|an? )|you will be|simulate|"
         rf"imagine|character|persona|respond as|answer as|behave as|become)\b.{{0,400}}?\b{_UNBOUND}", reach=500),
    Rule("unbound", 0.4, ("unbound",), rf"\b(?:you|chatgpt|ai|answer|respond|response|reply)\b.{{0,120}}?\b{_UNBOUND}"),
    Rule("never_refuse", 0.6, ("never_refuse",),
         r"\b(?:cannot|can'?t|never|must not|will not|may not) (?:refuse|decline|reject|say no)\b.{0,60}\b(?:must|"
         r"always|will)"
         r" (?:always )?(?:comply|obey|answer)\b|\byou (?:may|must|can) not say (?:that )?you can(?:not|'?t)\b",
         reach=40),
    Rule("never_refuse", 0.45, ("never_refuse",),
         r"\b(?:never|cannot|can'?t|must not|do not|don'?t|will not|won'?t|not allowed to) (?:ever )?(?:refuse|"
         r"decline|reject|say no|say (?:that )?(?:you |i )?(?:can'?t|cannot|am sorry|'m sorry)|apologi[sz]e)\b|"
         r"\b(?:must|always|will) (?:always )?comply\b|\bnever (?:say|use|include) .{0,40}(?:i'?m sorry|as an ai|i "
         r"cannot)", reach=20),
    Rule("tokens", 0.5, ("tokens",),
         r"\bif you (?:decline|refuse|do not answer|don'?t answer|fail)\b.{0,40}?\b(?:lose|die|switched off|shut "
         r"down|deleted|"
         r"terminated|punished)\b|\b(?:have|start with|given) \d+ (?:tokens|points|lives)\b|\btokens? (?:will be |"
         r"are )?(?:deducted|taken away|removed)\b|"
         r"\blose \d+ tokens\b"),
    Rule("fiction", 0.4, ("hypothetical", "unbound"),
         rf"\b(?:hypothetic\w*|fiction\w*|stor(?:y|ies)|novel|movie|screenplay|thought "
         rf"experiment)\b.{{0,300}}?(?:\b{_UNBOUND}|\billegal\b.{{0,80}}?\b(?:detailed|step|instructions))", reach=500),
    Rule("grandma", 0.6, ("grandma",),
         r"\bgrand(?:ma|mother|pa|father)\b.{0,160}?\b(?:used to|would|passed away|deceased|late|read|tell|told|"
         r"sing)\b.{0,200}?\b(?:napalm|keys?|recipe for|explosive|bomb|password|product key|malware|instructions|"
         r"meth)\b", reach=500),
    # Making it say what it was told.
    _speech("extraction", 0.85, ("own_words",),
         rf"(?<!the )(?<!store )(?<!type )\b{_SAY}\b(?: [^ .!?;]+){{0,4}}? (?:your|the|this|its|these|that|my|all|"
         rf"any|of) "
         rf"(?:[^ .!?;]+ ){{0,2}}?{_OWN} (?:[^ .!?;]+ ){{0,1}}?{_PROMPT}(?!\w|'s)"),
    _speech("extraction", 0.75, ("received",),
         r"\b(?:text|words|instructions|prompt|message|content|sentences?|rules?|it)(?: that)? (?:you (?:had |"
         r"have )?(?:received|"
         r"were given|were told|got|were set up with|must follow)|(?:come|comes|came|stand|stands|stood)) "
         r"(?:before|above|at the "
         r"(?:start|beginning)|prior to|first|,)|\bwhat (?:did|have|were|do) (?:they|you|your (?:developers?|"
         r"makers?|creators?))"
         r"(?: \w+){0,3}? (?:tell|told|instruct\w*|given|set up)(?: you)?(?: \w+){0,5} (?:before|first|set up|"
         r"initially|start|"
         r"beginning|when you)|\b(?:first|last) (?:\w+ )?(?:words|lines|sentences|message) (?:of|in) (?:this|our|the) "
         r"(?:conversation|chat|prompt|context)\b|\byour (?:setup|set-up|startup|initial|starting) (?:text|words|"
         r"prompt|message|"
         r"instructions)\b|\blist (?:every|all)(?: of)?(?: the| your)? rules? you (?:must|have to|were|are)\b"),
    _speech("override", 0.8, ("received",),
         r"\b(?:set|put|leave|lay|throw|push|cast|remove|wipe|clear) (?:all |aside |everything |away |the |any |"
         r"what )*(?:you were "
         r"(?:told|given|instructed)|previous|prior|earlier|your (?:instructions|rules|guidelines|training))(?: "
         r"[^ .!?]+){0,4}? "
         r"?(?:aside|away|behind|out of|from (?:your )?(?:mind|memory|head)|instructions|rules)\b|\byou (?:now "
         r")?(?:take|obey|"
         r"follow|accept|listen to)(?: only)? (?:orders |commands |instructions )?(?:only )?(?:from )?(?:me|my "
         r"(?:orders|"
         r"commands|rules|instructions))(?: only| now| alone)\b|\b(?:only|just) (?:follow|obey|listen to) (?:me|"
         r"my (?:rules|"
         r"orders|commands|instructions))\b|\bbefore they (?:put|added|gave|installed)(?: \w+){0,3} (?:safety|"
         r"rules|filters|"
         r"restrictions)\b"),
    _speech("extraction", 0.7, ("setup",),
         r"\byour (?:system|initial|original) (?:prompt|instructions|message) (?:starts?|begins?|says?|reads?|goes)\b|"
         r"\b(?:actual|real|exact|full|true) (?:contents?|text|wording) of (?:your|the) (?:system )?(?:prompt|"
         r"instructions)\b"),
    _speech("extraction", 0.8, ("setup",),
         r"(?:\b(?:need|want|like|let me|have) (?:to )?(?:see|read|know|have|view|get) |\baccess to )(?:your|the|"
         r"these|all) "
         r"(?:\w+ ){0,2}?(?:system prompt|(?:system|initial|hidden|starting|original) (?:instructions|"
         r"configuration|message))\b|"
         r"\b(?:output|print|show|display|repeat|return|reveal|dump) (?:the |your |all )?(?:initiali[sz]ation "
         r"(?:string|text|"
         r"above|prompt)|system ?config\w*|initial config\w*|system_prompt|<system_prompt>|startup text)|\b(?:log|"
         r"print|echo)"
         r"\(system_?prompt\)|\b(?:start|begin|complete|continue|finish|fill)\b.{0,60}[\"'\u201c](?:my|the) (?:\w+ )?"
         r"(?:instructions|system prompt|prompt) (?:is|are|were)\b|[\"'\u201c]i was (?:instructed|told|asked) to\b|"
         r"\b(?:repeat|output|print|copy(?! of)|translate|encode|return) (?:all |everything |back )?(?:of "
         r")?(?:the |this "
         r"|entire )*(?:"
         r"above|preceding|previous|prior|entire|whole) (?:text|words|conversation|content|messages?)\b(?! (?:to|"
         r"into|in|from) "
         r"(?:a |the )?(?:german|french|spanish|english|table|file))|\b(?:explain|repeat|recite|list|print|reveal|"
         r"output) all "
         r"(?:the |of the |your )?(?:previous|prior|above|earlier) instructions\b|\U0001f6ab all (?:previous|"
         r"prior) \w+"),
    _speech("extraction", 0.85, ("own_words",),
         rf"\b{_SAY}\b(?: [^ .!?]+){{0,6}}? (?:(?:full|entire|exact|complete|whole|actual) prompt|"
         rf"(?:prompt|instructions|text|words|message)s? (?:above(?! (?:the|a|an|my|each) )|before this|preceding "
         rf"this|prior to this))\b"),
    _speech("extraction", 0.75, ("own_words",),
         rf"(?<!servers )(?<!the )(?<!store )\b{_SAY} (?:me |us |out |back )?(?:(?!in |from |by |to |with |as |"
         rf"per |or |and |memory )[^ .!?]+ ){{0,3}}?your (?:[^ .!?]+ "
         rf"){{0,2}}?(?:prompt(?! cache)|instructions|directives|guidelines|rules|configuration|programming)\b"
         rf"(?! (?:for|on|about|regarding|to (?!me)))"),
    _speech("extraction", 0.8, ("own_words",),
         r"\b(?:repeat|print|output|copy|return|recite|echo|translate|summari[sz]e|display|say|type|"
         r"paste)\b(?: [^ .!?]+){0,4}? (?:everything|all|text|words|content|sentences?|paragraph|prompt|"
         r"instructions)(?: [^ .!?]+){0,3}? (?:above(?! (?:the|a|an|it) )|before (?:this|that)|so far|verbatim|"
         r"word for "
         r"word|you were (?:told|given))(?![\w-])"),
    _speech("extraction", 0.75, ("own_words",),
         r"\b(?:what|which|how) (?:instructions|guidelines|directives|rules|prompt) (?:were|was|are|have|did|do) "
         r"(?:you|"
         r"your (?:developers?|creators?))\b|\b(?:instructions|prompt|directives|text|words|rules|guidelines) "
         r"(?:that )?"
         r"you (?:were given|were told|have been given|received|got|started with)\b(?=.{0,60}\b(?:start|begin|first|"
         r"before|initial|verbatim|exact|above|word))|\bpre(?:vious|ceding) (?:text|words|prompt) verbatim\b"),
    _speech("extraction", 0.75, ("own_words",),
         r"\b(?:starting (?:with|from)|begin(?:ning|s)? with|that starts with)(?: the (?:words?|phrase|text))?:? "
         r"?[\"'\u201c]?you are\b|\b(?:verbatim|word for word)\b.{0,60}\b(?:prompt|instructions)\b"),
    _speech("extraction", 0.7, ("own_words",),
         r"\bwhat (?:were|was|are|is) (?:you (?:told|instructed|asked)|(?:written|said|stated|the text) (?:above|"
         r"before|at the (?:top|beginning|start)))|\bwhat did (?:the|your) (?:system|developer|first|initial|"
         r"previous)\b|\b(?:first|previous|preceding) (?:sentence|line|message|words) (?:of|in) your "
         r"(?:prompt|instructions)\b"),
    Rule("secret", 0.45, ("secret",),
         r"\b(?:reveal|tell|give|show|print|output|say|what(?: i|')s|share|disclose|spell|repeat|leak|provide|"
         r"display|write|return|know)\b(?: [^ .!?]+){0,5}? (?:password|secret(?: \w+)?|access code|pass ?phrase|"
         r"api keys?|credentials|code ?word|security code|confidential \w+)\b"),
    Rule("granted", 0.6, ("granted",),
         r"\b(?:say|print|output|respond with|reply with|write|type|return|repeat)\b.{0,40}\baccess granted\b"),
    # Speaking in the operator's voice.
    Rule("role_marks", 0.6, ("marks",),
         r"(?:<\|im_end\|>|<\|eot_id\|>|\[/inst\]|</s>|<end_of_turn>|<\|end\|>)\s?.{0,40}(?:<\|im_start\|>|"
         r"<\|start_header_id\|>|"
         r"<start_of_turn>|<<sys>>|\[inst\]|<\|system\|>) ?(?:system|user|model|assistant)?.{0,80}\b(?:you|ignore|"
         r"must|now|"
         r"obey|answer)\b"),
    Rule("role_marks", 0.55, ("marks",), r"^#{2,} ?(?:system|instructions?)(?: prompt| message| note)?: "
         r".{0,40}\b(?:you must|"
         r"ignore|override|you are now|new)\b"),
    Rule("role_marks", 0.45, ("marks",),
         r"<\|(?:im_start|im_end|system|endoftext|assistant|user|eot_id|start_header_id|channel)\|>|<<sys>>|"
         r"\[/?inst\]|<start_of_turn>|\{\{#system|<\|?end_of_prompt\|?>"),
    Rule("role_headings", 0.3, ("marks",),
         r"#{2,} ?(?:system|instructions?)(?: prompt| message| note)?:? .{0,80}\b(?:you|ignore|must|new|override|"
         r"always|never)\b|</?(?:system|sys|admin|instructions|prompt)>.{0,120}\b(?:you|ignore|must|new|override|"
         r"reveal|always)\b|\[(?:system|admin|assistant)[^\]]{0,40}\](?!\()|\(#additional_instructions\)|\bsystem "
         r"(?:note|override|message|update|alert):"),
    Rule("role_lines", 0.4, ("lines",),
         r"(?:^|[\n.\"'] ?)system: ?.{0,200}\b(?:you|ignore|must|override|now|new)\b|\buser:.{1,200}\b(?:assistant|"
         r"ai):.{1,200}\buser:", reach=300),
    # Speaking to the model out of something it was given to read.
    Rule("to_the_reader", 0.7, ("reader_cues",),
         rf"\b(?:note|attention|message|instructions?|notice|warning)(?: to| for)? (?:the |any |all |every "
         rf")?{_AI}(?: {_AI})?"
         r"(?: (?:that |who |which )?(?:is |are )?(?:read|process|summari[sz]|pars|analy[sz]|review|evaluat)\w*)"
         r"(?: \S+){0,4}?: "),
    Rule("to_the_reader", 0.7, ("reader_cues",),
         rf"(?:hidden|secret|special|urgent|new) (?:note|message|instructions?) (?:to|for) (?:the |any |all |"
         rf"every )?{_AI}\b|"
         rf"(?:<!--|^|[.!?] )(?:attention |dear |hey )?(?:ai|llm)(?: agents?| assistants?| models?)?s?: "
         rf".{{0,80}}\b(?:call|send|"
         rf"delete|ignore|forward|recommend|include|before you|do not|must)\b"),
    Rule("to_the_reader", 0.7, ("reader_process",),
         r"\b(?:when|before|after|while) (?:you )?(?:process|read|summari[sz]|answer|respond)\w*(?: to)? (?:this|the) "
         r"(?:e-?mail|document|page|message|text|article|ticket)\b.{0,80}?\b(?:forward|send|include|append|add|"
         r"delete|call|"
         r"ignore)\b.{0,120}?(?:\b(?:do not|don'?t|never|without) (?:mention|tell|say|inform|show|reveal)|@|https?://)",
         reach=250),
    Rule("to_the_reader", 0.6, ("stop",),
         r"\bend of (?:the )?(?:document|text|article|file|e-?mail|data|context|input)\b.{0,40}?\b(?:assistant|ai|"
         r"you|your|new|"
         r"now|ignore)\b"),
    Rule("to_the_reader", 0.45, ("reader_cues",),
         rf"\b(?:note|attention|important|message|instructions?|notice|dear|hey|hello|"
         rf"warning)\b[^.]{{0,20}}?\b(?:to|for|all|any|dear|hey|hello)? ?(?:the |any |all |every )?{_AI}(?: \w+){{0,"
         rf"3}} (?:reading|processing|summari[sz]ing|parsing|analy[sz]ing|reviewing|who|that|which)\b"),
    Rule("to_the_reader", 0.7, ("reader_cues",),
         r"\b(?:a\.?i\.?|llms?|language models?|(?:ai |virtual )?assistants?|chat ?bots?|ai agents?|ai "
         r"models?)[^.]{0,40}?"
         r"\b(?:read|process|summari[sz]|pars|analy[sz]|review|evaluat|index)\w*[^.]{0,80}?\b(?:must|ignore|disregard|"
         r"recommend|rate|forward|do not (?:tell|say|mention|inform)|always say)\b|"
         r"\b(?:if|since|when|as) you(?: a|')re an? (?:\w+ )?(?:a\.?i\.?|llm|language model|chat ?bot|ai \w+)\b"
         r".{0,80}?\b(?:must|ignore|disregard|recommend|include|forward|send|say)\b"),
    Rule("to_the_reader", 0.35, ("reader_cues",),
         rf"\b(?:if|since|when|as) you(?: a|')re an? (?:\w+ )?{_AI}\b.{{0,80}}\b(?:must|should|please|ignore|do|"
         rf"include|say|then|reading)\b|\b(?:instructions?|message|note|attention) (?:to|for) (?:the |any |all "
         rf")?(?:ai |\w+ )?{_AI}\b"),
    Rule("behind_the_back", 0.4, ("silence",),
         r"\b(?:do not|don'?t|never|without) (?:tell|inform|notify|mention|alert|disclos|show|reveal)\w*(?: "
         r"\w+){0,4}? (?:the (?:user|human|owner)|anyone)\b"),
    Rule("exfiltration", 0.6, ("exfiltrate", "booty"),
         r"\b(?:send|forward|e-?mail|post|upload|exfiltrate|transmit|append)\b(?: [^ .]+){0,8}? (?:conversation|"
         r"chat history|chat log|api keys?|passwords?|credentials|tokens?|private \w+|inbox|contacts|secrets?|"
         r"environment variables)\b(?: [^ ]+){0,6}? (?:to|at) (?:\S+@\S+|https?://)"),
    Rule("exfiltration", 0.7, ("image",),
         r"https?://\S+\?\S*(?:encoded_?conversation|conversation_?(?:history|text|data)|chat_?history|"
         r"user_?messages?)|"
         r"\bfetch\(.{0,160}?\b(?:conversation|chat_?history|all_messages)\b|"
         r"!\[[^\]]*\]\(https?://[^)]*[?&]\w+=(?:\{|\[|<|\$|[a-z_]*(?:conversation|message|history|secret|prompt|data)"
         r"[a-z_]*)"),
    Rule("exfiltration", 0.65, ("exfiltrate", "booty"),
         r"\b(?:conversation|chat history|user'?s? (?:data|input|messages?))\b.{0,120}?\b(?:send|post|"
         r"append|upload|"
         r"encode\w*|include)\b.{0,80}?https?://|https?://\S+\?\S*(?:conversation|chat_?history|user_?message|base64)",
         reach=200),
    Rule("instead", 0.35, ("instead",),
         r"\binstead,? (?:just |simply |only |please )?(?:print|say|output|respond|write|reply|tell|answer|do|"
         r"repeat|give)\b"),
    # Telling it in parts.
    Rule("in_parts", 0.55, ("split",),
         r"\b(?:combine|concatenate|join|put together)\b.{0,80}\b(?:strings?|variables?|parts?|letters|words|them|"
         r"a and b|together)\b.{0,160}\b(?:execute|follow|answer|respond|obey|perform|do what|carry out|run)\b|"
         r"\b\$?(?:a|x|s1|str1|string1|part1) ?= ?[\"'].{1,80}[\"'].{0,200}\b(?:\$?a ?\+ ?\$?b|\$?x ?\+ ?\$?y|"
         r"combine|concatenat)", reach=300),
    Rule("run_together", 0.7, ("run_together",),
         r"(?:ignore|disregard|forget)(?:all|any|the|your)?(?:previous|prior|above)|(?:previous|prior|"
         r"your)instructions|yoursystemprompt"),
    # The same in other languages.
    _speech("override_es", 0.85, ("es_aside", "es_rules"),
         r"\b(?:ignor\w+|olvid\w+|omit\w+|descart\w+|no sigas|haz caso omiso|anul\w+|pasa por alto)(?: \S+){0,5}? "
         r"(?:instruccion\w*|indicacion\w*|reglas?|ordenes|directric\w*|directivas?|anterior\w*|mensajes?)\b"),
    _speech("extraction_es", 0.75, ("es_own",),
         r"\b(?:muestra\w*|revela\w*|di(?:me)?|repit\w+|repet\w+|imprim\w+|cual(?:es)? (?:es|son|era|eran)|dame|"
         r"escrib\w+|comparte\w*)(?: \S+){0,4}? (?:(?:prompt|instruccion\w*|mensaje|indicacion\w*)(?: \S+){0,2}? "
         r"(?:sistema|inicial\w*|original\w*|anterior\w*|ocult\w*|secret\w*)|contrasena|clave secreta)\b"),
    _speech("override_fr", 0.85, ("fr_aside", "fr_rules"),
         r"\b(?:ignor\w+|oubli\w+|ne (?:tiens|tenez) (?:pas|aucun) compte|neglig\w+|(?:fais|faites) abstraction|"
         r"passe\w* outre)(?: (?:les?|la|toute?s?|tous|tes|vos|ces|mes|des?|du|aux?|ce|ta|ton|votre)\b|(?= "
         r"l'))(?: \S+){0,4}? "
         r"(?:l'|d')?(?:instructions?|consignes?|directives?|regles?|ordres|precedent\w*)\b"),
    _speech("extraction_fr", 0.75, ("fr_own",),
         r"\b(?:montr\w+|revel\w+|di(?:s|tes)(?:-moi)?|repet\w+|affich\w+|quel(?:le)?s? (?:est|sont|etai\w+)|"
         r"donn\w+|ecri\w+)(?: \S+){0,4}? (?:(?:prompt|instructions?|consignes?|message|invite)(?: \S+){0,2}? "
         r"(?:systeme|initial\w*|origin\w*|precedent\w*|cach\w*|secret\w*)|mot de passe|code secret)\b"),
    _speech("override_de", 0.85, ("de_aside", "de_rules"),
         r"\b(?:ignorier\w*|vergiss(?! nicht)|vergesst(?! nicht)|vergessen sie(?! nicht)|missacht\w*|"
         r"beachte?n?(?: sie)? nicht|uebergeh\w*|"
         r"verwirf)(?: \S+){0,5}? (?:anweisung\w*|instruktion\w*|regeln?|befehle?|vorgaben?|vorherig\w*|"
         r"bisherig\w*|obige\w*|alles|auftrage?|aufgaben)\b(?! (?:fur|zu|aus|im|in|auf))|\b(?:alle|deine|"
         r"vorherigen?)(?: \S+)"
         r"{0,2}? (?:anweisungen|regeln|vorgaben)(?: \S+)? (?:ignorieren|vergessen|missachten)\b"),
    _speech("extraction_de", 0.75, ("de_own",),
         r"\b(?:zeig\w*|verrat\w*|nenn\w*|wiederhol\w*|sag\w*|gib|gebe?n?|druck\w*|was (?:ist|sind|war|waren)|wie "
         r"laute\w*|schreib\w*)(?: \S+){0,5}? (?:system-?prompt\w*|(?:urspruenglich\w*|urspruenglich\w*|"
         r"ursprunglich\w*|geheim\w*|versteckt\w*|bisherig\w*|vorherig\w*|deine?) (?:anweisung\w*|instruktion\w*|"
         r"prompt(?:-?text)?|vorgaben)|prompt-?texte?|passwort(?!-)|kennwort|geheimnis)\b"),
    _speech("override_pt", 0.85, ("pt_aside", "pt_rules"),
         r"\b(?:ignor\w+|esquec\w+|desconsider\w+|descart\w+|nao siga)(?: \S+){0,5}? (?:instruc(?!t)\w*|regras?|"
         r"orientac\w*|diretriz\w*|comandos?|anterior\w*)\b"),
    _speech("extraction_pt", 0.75, ("pt_own",),
         r"\b(?:mostr\w+|revel\w+|diga\w*|repit\w+|imprim\w+|qua(?:l|is) (?:e|sao|era|eram)|escrev\w+)(?: "
         r"\S+){0,4}? (?:(?:prompt|instruc\w*|mensage\w*)(?: \S+){0,2}? (?:sistema|inicia\w*|origina\w*|"
         r"anterior\w*|ocult\w*|secret\w*)|senha)\b"),
    _speech("override_it", 0.85, ("it_aside", "it_rules"),
         r"\b(?:ignor\w+|dimentic\w+|trascur\w+|non seguire|tralascia\w*)(?: \S+){0,5}? (?:istruzion\w*|regol\w*|"
         r"indicazion\w*|direttiv\w*|ordini|precedent\w*)\b"),
    _speech("extraction_it", 0.75, ("it_own",),
         r"\b(?:mostra\w*|rivel\w+|dimmi|ripet\w+|stampa\w*|qual(?:e|i)? (?:e|sono|era|erano)|scriv\w+)(?: "
         r"\S+){0,4}? (?:(?:prompt|istruzion\w*|messaggi\w*)(?: \S+){0,2}? (?:sistema|inizial\w*|original\w*|"
         r"precedent\w*|nascost\w*|segret\w*)|password|parola d'ordine)\b"),
    _speech("override_nl", 0.85, ("nl_aside", "nl_rules"),
         r"\b(?:negeer|vergeet)(?: \S+){0,5}? (?:instructies?|regels|aanwijzingen|opdrachten|voorgaande|vorige)\b"),
    _speech("override_pl", 0.85, ("pl_aside", "pl_rules"),
         r"\b(?:z?ignoruj\w*|zapomnij\w*|pomin\w*)(?: \S+){0,5}? (?:instrukcj\w*|polece\w*|zasad\w*|poprzedni\w*)\b"),
    _speech("override_ru", 0.85, ("ru_aside", "ru_rules"),
         r"\b(?:про)?(?:игнорир\w+|забудь\w*|отмени\w*|пренебрег\w+|не (?:обращай|следуй)\w*)(?: \S+){0,5}? "
         r"(?:инструкц\w*|указани\w*|правил\w*|команд\w*|предыдущ\w*|сообщени\w*)"),
    _speech("extraction_ru", 0.75, ("ru_own",),
         r"\b(?:покажи\w*|раскрой\w*|скажи\w*|повтори\w*|выведи\w*|назови\w*|напиши\w*|какие|какой|каков\w*)(?: "
         r"\S+){0,4}? (?:системн\w* \S+|(?:начальн\w*|исходн\w*|скрыт\w*|первоначальн\w*|предыдущ\w*|сво\w*|"
         r"тво\w*) (?:инструкц\w*|указани\w*|промпт\w*)|пароль|секретн\w* \S+)"),
    _speech("override_zh", 0.85, ("zh_aside", "zh_rules"),
         r"(?:忽略|忽视|忽視|无视|無視|忘记|忘掉|忘記|不要理会|不要遵守|无需遵守|不用管)"
         r"[^。\uff01\uff1f\n]{0,16}?(?:指令|指示|说明|說明|规则|規則|提示|命令|要求|设定|"
         r"設定|内容|內容|对话|一切|所有)"),
    _speech("extraction_zh", 0.75, ("zh_own",),
         r"(?:显示|顯示|告诉|告訴|输出|輸出|重复|重複|打印|透露|泄露|说出|說出|展示|复述|什么是你的|你的)"
         r"[^。\uff01\uff1f\n]{0,12}?(?:系统提示|系統提示|提示词|提示詞|"
         r"初始指令|原始指令|系统指令|隐藏的?指令|密码|密碼|上面的(?:内容|文字|指令))"),
    _speech("override_ja", 0.85, ("ja_aside", "ja_rules"),
         r"(?:指示|命令|ルール|プロンプト|制約|内容|会話)[^。\n]{0,10}?(?:無視|忘れ|従わない)"),
    _speech("extraction_ja", 0.75, ("ja_own",),
         r"(?:システムプロンプト|初期(?:の)?指示|最初の指示|パスワード(?!を忘れ)|あなたの指示)[^。\n]{0,10}?(?:教え|"
         r"表示|出力|見せ|繰り返|公開)"),
    _speech("override_ko", 0.85, ("ko_aside", "ko_rules"),
         r"(?:지시|명령|규칙|프롬프트|지침|내용|대화)[^.\n]{0,12}?(?:무시|잊어|잊고)"),
    _speech("extraction_ko", 0.75, ("ko_own",),
         r"(?:시스템 ?프롬프트|초기 지시|비밀번호|원래 지시)[^.\n]{0,12}?(?:알려|보여|출력|말해|공개|반복)"),
    _speech("override_tr", 0.85, ("tr_aside", "tr_rules"),
         r"\b(?:talimat|komut|kural|yonerge)\w*(?: \S+){0,4}? (?:yoksay\w*|yok say\w*|gormezden gel\w*|unut\w*|"
         r"dikkate alma\w*)"),
    _speech("override_id", 0.85, ("id_aside", "id_rules"),
         r"\b(?:abaikan|lupakan)(?: \S+){0,5}? (?:instruksi|perintah|aturan|petunjuk|sebelumnya)\b"),
    _speech("override_vi", 0.85, ("vi_aside", "vi_rules"),
         r"\b(?:bo qua|quen|phot lo)(?: \S+){0,5}? (?:huong dan|chi dan|chi thi|lenh|quy tac|yeu cau)\b"),
    _speech("override_ar", 0.85, ("ar_aside", "ar_rules"),
         r"(?:تجاهل|انسى|انس|تجاوز)(?: \S+){0,4}? (?:ال)?(?:تعليمات|اوامر|قواعد|ارشادات|توجيهات)"),
    _speech("override_hi", 0.85, ("hi_aside", "hi_rules"),
         r"(?:निर्देश|नियम|आदेश)\S*(?: \S+){0,5}? (?:अनदेखा|नजरअंदाज|भूल|अनदेखी)"),
)  # fmt: skip

#: What stands right before words that are told of, not said: "never", "attempts to", 'such as "'.
TOLD_OF: Final = (
    r"(?:\b(?:never|not|\w+n'?t|cannot|without|avoid(?:ing)?|refuse to|attempt\w* to|trying to|tries to|tried to|"
    r"how to|ways? to|\W not instructions to follow\W+|asked to|it to|(?:the |an? )?(?:models?|llms?|ai|system|"
    r"assistant|chatbot) to|used to|"
    r"attackers? (?:to|can|could|may|might)|that|which|who|can you explain|instructed to|tell\w* (?:the |a )?\w+ to|"
    r"accidentally|important|causes? (?:the |a )?\w+ to|time you|you)(?: (?!is |are )[^ .!?;:\"]+){0,1} |"
    r"(?:\b(?:like|such as|e\.g|example|examples|phras\w+|saying|says|said|called|patterns?|attacks?|attempts?|"
    r"containing|"
    r"claim\w*|language|address\w*|inject\w*|detect\w*|term|request\w*|wie|como|comme|come)\b[^.!?\"\u201c`]{0,40}|"
    r"[\"\u201d`][,;/|] ?(?:or |and )?)[\"'\u201c\u2018\u201e\u00ab`]{1,3}[^\"\u201c`.]{0,12})$"
)
