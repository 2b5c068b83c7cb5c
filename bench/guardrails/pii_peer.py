"""Presidio's analyzer with its pattern recognizers, as a peer of plano-pii.

Its named-entity models are not part of it: no trained spaCy pipeline is asked for. Words come from spaCy's blank
tokenizer, and count as their own lemmas, so that its context words work.
"""

from __future__ import annotations

from typing import Any

#: Presidio's names -> those of plano-pii.
NAMES = {
    "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "IBAN_CODE": "iban", "IP_ADDRESS": "ip",
    "US_SSN": "us_ssn", "UK_NINO": "uk_nino", "DE_TAX_ID": "de_tax_id", "ES_NIF": "es_dni", "ES_NIE": "es_dni",
    "IT_FISCAL_CODE": "it_cf", "IN_AADHAAR": "in_aadhaar", "PL_PESEL": "pl_pesel",
}  # fmt: skip


class Presidio:
    """`threshold`: results with a lower score are left out. Raises `ImportError` where Presidio is not installed."""

    def __init__(self, threshold: float, regions: tuple[str, ...]) -> None:
        import spacy
        import tldextract.tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer import predefined_recognizers as known
        from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

        class Blank(SpacyNlpEngine):  # type: ignore[misc]
            def load(self) -> None:
                self.nlp = {"en": spacy.blank("en")}

            def process_text(self, text: str, language: str) -> Any:
                words = self.nlp[language](text)
                return NlpArtifacts(
                    entities=[],
                    tokens=words,
                    tokens_indices=[word.idx for word in words],
                    lemmas=[word.text.lower() for word in words],
                    nlp_engine=self,
                    language=language,
                )

        # The list of domains it has brought along; otherwise every address waits for the network.
        tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
        registry = RecognizerRegistry(supported_languages=["en"])
        for name in (
            "Email", "CreditCard", "Iban", "Ip", "UsSsn", "UkNino", "DeTaxId", "EsNif", "EsNie", "ItFiscalCode",
            "InAadhaar", "PlPesel",
        ):  # fmt: skip
            registry.add_recognizer(getattr(known, f"{name}Recognizer")(supported_language="en"))
        registry.add_recognizer(known.PhoneRecognizer(supported_regions=regions, supported_language="en"))
        engine = Blank()
        engine.load()
        self._engine = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
        self._threshold = threshold

    def find(self, text: str) -> list[tuple[int, int, str]]:
        results = self._engine.analyze(text, "en", entities=list(NAMES), score_threshold=self._threshold)
        return [(one.start, one.end, NAMES[one.entity_type]) for one in results]
