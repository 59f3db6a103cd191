"""Adds the values of two convolutional networks to reference.json: python convolution.py, with PyTorch.

Double backward through torch.nn.functional.conv2d, at float64. The Gauss-Newton matrix is formed from the Jacobian of the logits.
"""

import json
import struct
from pathlib import Path

import torch
from torch.nn.functional import conv2d, cross_entropy, linear, softmax

torch.set_default_dtype(torch.float64)
HERE = Path(__file__).parent
DATA = HERE.parents[3] / "data"


def theta(n):
    return 0.1 * torch.sin(torch.arange(1.0, n + 1))


def cosines(n):
    return torch.cos(torch.arange(1.0, n + 1))


def first_images(n):
    pixels = (DATA / "mnist-7x7-images-idx3-ubyte").read_bytes()
    labels = (DATA / "mnist-7x7-labels-idx1-ubyte").read_bytes()
    assert struct.unpack(">4I", pixels[:16])[2:] == (7, 7)
    x = torch.tensor(list(pixels[16 : 16 + 49 * n])).double().reshape(n, 49) / 255
    return x, torch.tensor(list(labels[8 : 8 + n]))


class Network:
    """3 x 3 convolutions without padding, tanh after each, and a dense layer."""

    def __init__(self, size, channels, classes):
        self.size, self.shapes, entering = size, [], 1
        for leaving in channels:
            self.shapes += [(leaving, entering, 3, 3), (leaving,)]
            size, entering = (size[0] - 2, size[1] - 2), leaving
        self.shapes += [(classes, entering * size[0] * size[1]), (classes,)]
        self.n_params = sum(torch.Size(shape).numel() for shape in self.shapes)

    def logits(self, theta, x):
        parts = theta.split([torch.Size(shape).numel() for shape in self.shapes])
        parts = [part.reshape(shape) for part, shape in zip(parts, self.shapes)]
        h = x.reshape(-1, 1, *self.size)
        for weight, bias in zip(parts[:-2:2], parts[1:-2:2]):
            h = torch.tanh(conv2d(h, weight, bias))
        return linear(h.flatten(1), parts[-2], parts[-1])

    def loss(self, theta, x, y):
        return cross_entropy(self.logits(theta, x), y)


def numbers(tensor):
    return tensor.tolist()


def spectrum(name, matrix):
    values = torch.linalg.eigvalsh(matrix)
    return {
        f"{name}_trace": matrix.trace().item(),
        f"{name}_fro_squared": (matrix**2).sum().item(),
        f"{name}_diag_first_10": numbers(matrix.diag()[:10]),
        f"{name}_5_largest_eigenvalues": numbers(values.flip(0)[:5]),
        f"{name}_5_smallest_eigenvalues": numbers(values[:5]),
    }


def kernel(jacobian, u):
    k = jacobian @ jacobian.T
    return {
        "first_row_first_5": numbers(k[0, :5]),
        "trace": k.trace().item(),
        "top_5_eigenvalues": numbers(torch.linalg.eigvalsh(k).flip(0)[:5]),
        "Ku_first_5": numbers((k @ u)[:5]),
        "Ku_norm": (k @ u).norm().item(),
    }


def entry(network, x, y, n_kernel, is_whole):
    at, v = theta(network.n_params), cosines(network.n_params)
    loss = lambda t: network.loss(t, x, y)
    gradient = torch.func.grad(loss)
    g, h = gradient(at), torch.autograd.functional.hessian(loss, at)
    hv = torch.autograd.functional.hvp(loss, at, v)[1]
    assert (h @ v - hv).norm() < 1e-13 * hv.norm() and (h - h.T).norm() < 1e-13 * h.norm()
    logits = network.logits(at, x)
    n, classes = logits.shape
    jacobian = torch.autograd.functional.jacobian(lambda t: network.logits(t, x), at)
    p = softmax(logits, 1)
    s = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    gauss_newton = jacobian.flatten(0, 1).T @ (s @ jacobian).flatten(0, 1) / n
    gv = gauss_newton @ v
    of_kernel, u = jacobian[:n_kernel], cosines(n_kernel)
    values = {
        "P": network.n_params,
        "loss": loss(at).item(),
        "logits_of_sample_0": numbers(logits[0]),
        "grad_norm": g.norm().item(),
        "grad_first_10": numbers(g[:10]),
        "grad_last_10": numbers(g[-10:]),
        "Hv_norm": hv.norm().item(),
        "Hv_first_10": numbers(hv[:10]),
        "Hv_last_10": numbers(hv[-10:]),
        "vHv": (v @ hv).item(),
        **spectrum("H", h),
        "Gv_norm": gv.norm().item(),
        "Gv_first_10": numbers(gv[:10]),
        "Gv_last_10": numbers(gv[-10:]),
        **spectrum("G", gauss_newton),
        "entk": {
            "sum_of_logits": kernel(of_kernel.sum(1), u),
            "trace_over_outputs": {"C": classes, **all_outputs(of_kernel)},
        },
    }
    if is_whole:
        values |= {"grad_all": numbers(g), "Hv_all": numbers(hv), "Gv_all": numbers(gv)}
    return values


def all_outputs(jacobian):
    k = torch.einsum("icp,jcp->ij", jacobian, jacobian)
    top = torch.linalg.eigvalsh(k).flip(0)[:5]
    return {"first_row_first_5": numbers(k[0, :5]), "trace": k.trace().item(), "top_5_eigenvalues": numbers(top)}


def main():
    path = HERE / "reference.json"
    reference = json.loads(path.read_text())
    small = torch.cos(0.7 * torch.arange(1.0, 12 * 30 + 1)).reshape(12, 30)
    reference["cnn_5x6_2_3_4"] = {
        "what": "channels 2 and 3, 4 classes, 12 images of 5 x 6: pixel j of image i is cos(0.7 (30 i + j + 1)), its label i mod 4",
        **entry(Network((5, 6), (2, 3), 4), small, torch.arange(12) % 4, 12, True),
    }
    reference["cnn_7x7_8_16_10"] = {
        "what": "tiny_cnn: channels 8 and 16, 10 classes, the first 100 images",
        **entry(Network((7, 7), (8, 16), 10), *first_images(100), 50, False),
    }
    path.write_text(json.dumps(reference, indent=1))


if __name__ == "__main__":
    main()
