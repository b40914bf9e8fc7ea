"""N-grams are scikit-learn's, with their places."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from classifiers.disguise import Reading, read
from classifiers.features import SlopFeatures
from classifiers.ngrams import CHARACTERS, WORDS, occurrences

texts = st.lists(st.text(st.sampled_from("ab c,é!я"), max_size=25), min_size=1, max_size=6)


def pieces(found, readings, kind):
    """The n-grams of a kind in each text, counted."""
    told = [Counter() for _ in readings]
    for document, k, begin, end in zip(found.document, found.kind, found.begin, found.end, strict=True):
        if k == kind:
            told[document][readings[document].text[begin:end].strip()] += 1
    return told


def as_they_are(texts):
    return [Reading(" ".join(text.split()), np.arange(len(" ".join(text.split()))), np.arange(len(" ".join(text.split()))) + 1) for text in texts]


@settings(deadline=None, max_examples=100)
@given(texts)
def test_character_ngrams_are_those_of_scikit_learn(texts):
    readings = as_they_are(texts)
    analyse = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5), lowercase=False).build_analyzer()
    expected = [Counter(gram.strip() for gram in analyse(reading.text)) for reading in readings]
    assert pieces(occurrences(readings, 20), readings, CHARACTERS) == expected


@settings(deadline=None, max_examples=100)
@given(texts)
def test_words_and_pairs_are_those_of_scikit_learn(texts):
    readings = as_they_are(texts)
    analyse = CountVectorizer(analyzer="word", ngram_range=(1, 2), token_pattern=r"\w+", lowercase=False).build_analyzer()
    counts = pieces(occurrences(readings, 20), readings, WORDS)
    for reading, counted in zip(readings, counts, strict=True):
        assert sum(counted.values()) == len(analyse(reading.text))
        assert set(analyse(reading.text)) & set(reading.text.split()) <= set(counted)


@settings(deadline=None, max_examples=50)
@given(texts)
def test_equal_ngrams_share_a_bucket_wherever_they_stand_and_others_do_not(texts):
    readings = as_they_are(texts)
    found = occurrences(readings, 50)
    bucket_of = {}
    for document, bucket, kind, begin, end in zip(found.document, found.bucket, found.kind, found.begin, found.end, strict=True):
        if kind == WORDS and " " not in readings[document].text[begin:end]:
            bucket_of.setdefault(readings[document].text[begin:end], set()).add(int(bucket))
    singles = {word: buckets for word, buckets in bucket_of.items() if word.isalpha()}
    assert all(len(buckets) == 1 for buckets in singles.values())
    assert len({next(iter(buckets)) for buckets in singles.values()}) == len(singles)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(codec=None), max_size=60), min_size=1, max_size=5))
def test_a_text_has_the_same_numbers_alone_and_among_others(texts):
    features = SlopFeatures(bits=10)
    together = features.transform(texts).toarray()
    for text, row in zip(texts, together, strict=True):
        np.testing.assert_array_equal(features.transform([text]).toarray()[0], row)


def test_each_block_of_ngrams_has_length_one():
    features = SlopFeatures(bits=10)
    row = features.transform(["one two two four"]).toarray()[0]
    np.testing.assert_allclose([np.linalg.norm(row[:1024]), np.linalg.norm(row[1024:2048])], 1, rtol=1e-6)


def test_no_texts_make_no_rows():
    assert SlopFeatures(bits=10).transform([]).shape == (0, SlopFeatures(bits=10).n_columns)


def test_a_run_of_emoji_is_a_word():
    readings = [read("wow 🔥🔥🔥 great")]
    assert "🔥🔥🔥" in pieces(occurrences(readings, 20), readings, WORDS)[0]
