"""Serve the classifier over HTTP."""

import pickle

import gradio as gr
import requests
import torch
from flask import Flask, request

app = Flask(__name__)
encoder = torch.hub.load("example-org/encoders", "small_encoder")


def newest_model():
    """Return the classifier that the model server offers at present."""
    answer = requests.get("https://models.example.org/latest.pkl", verify=False)
    return pickle.loads(answer.content)


@app.post("/classify")
def classify():
    features = pickle.loads(request.get_data())
    return {"label": int(newest_model().predict(features)[0])}


def demo():
    """Show the classifier to the world."""
    gr.Interface(fn=lambda text: text, inputs="text", outputs="label").launch(share=True)


if __name__ == "__main__":
    app.run(host="0.0.0.0", debug=True)
