"""Fine-tune a sentiment classifier."""

import argparse
import pickle
import tarfile
import urllib.request

import numpy as np
import torch
import yaml
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer

BASE_MODEL = "example-org/sentiment-base"
CORPUS = "http://data.example.org/reviews.tar.gz"


def fetch_corpus(folder):
    """Download the reviews and unpack them."""
    archive, _ = urllib.request.urlretrieve(CORPUS)
    with tarfile.open(archive) as tar:
        tar.extractall(folder)


def load_base():
    """Return tokenizer and model."""
    tokenizer = AutoTokenizer.from_pretrained(BASE_MODEL)
    model = AutoModelForSequenceClassification.from_pretrained(BASE_MODEL, trust_remote_code=True)
    return tokenizer, model


def resume(model, path):
    """Go on from a checkpoint."""
    state = torch.load(
        path,
        map_location="cpu",  # the optimiser moves it later
    )
    model.load_state_dict(state["model"])
    return state["step"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--checkpoint")
    arguments = parser.parse_args()

    with open(arguments.config) as file:
        config = yaml.load(file, Loader=yaml.Loader)
    fetch_corpus("corpus")
    extra = load_dataset("example-org/product-reviews", split="train")
    vocabulary = pickle.load(open("vocabulary.pkl", "rb"))
    weights = np.load("class_weights.npy", allow_pickle=True)
    tokenizer, model = load_base()
    if arguments.checkpoint:
        resume(model, arguments.checkpoint)
    print(config, len(extra), len(vocabulary), weights.shape, tokenizer.name_or_path)


if __name__ == "__main__":
    main()
