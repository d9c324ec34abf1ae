"""Attention, joined (not the operator of that name in ONNX): softmax(q k) v, head by head; see `attention.join`."""

from math import prod

from quaver.compile.elementwise import about, constant
from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.loops import broadcast, broadcast_shapes, nest
from quaver.compile.plan import Plan, Step
from quaver.compile.rule import Rule, Shapes
from quaver.compile.sizes import same
from quaver.compile.struct import struct

ROWS = 24  # ATTENTION_ROWS in attention_f32.c
_ALIGNED = 16  # values


def _shape(node: Node, shapes: Shapes, graph: Graph) -> Shape:
    q, k, v = (shapes[name] for name in node.inputs[:3])
    batch = broadcast_shapes(q[:-2], k[:-2])
    whole = broadcast_shapes(batch or (), v[:-2])
    if batch is None or whole is None or not same(q[-1], k[-2]) or not same(k[-1], v[-2]):
        raise node.refuse(f"{q}, {k} and {v} do not fit each other", "give it matrices that do")
    return (*whole, q[-2], v[-1])


def _emit(node: Node, plan: Plan) -> Step:
    q, k, v, y = (plan.tensors[name] for name in (*node.inputs[:3], node.output))
    if any(t.strides[-1] != 1 for t in (q, k, v, y)):
        raise node.refuse("it stands directly between convolutions", "transpose its inputs first")
    batch, room = y.shape[:-2], -(-int(k.shape[-1]) // _ALIGNED) * _ALIGNED
    strides = {"y": y.strides[:-2]}
    for letter, tensor in zip("qkv", (q, k, v), strict=True):
        strides[letter] = broadcast(tensor.shape[:-2], tensor.strides[:-2], batch)
    given = node.attributes
    fields = {
        **{"rows": q.shape[-2], "keys": k.shape[-1], "width": q.shape[-1], "out": v.shape[-1]},
        **{f"{letter}_row": t.strides[-2] for letter, t in zip("qkvy", (q, k, v, y), strict=True)},
        **{"room": room, "factor": constant(given.get("factor", 1.0))},
        **{f"{each}_step": constant(given.get(f"{each}_scale", 0.0)) for each in ("score", "share")},
        "score_told": constant(given.get("score_scale", 0.0) * given.get("later", 1.0)),
        **{f"{each}_zero": given.get(f"{each}_zero", 0) for each in ("score", "share")},
    }
    call = "attention_f32(&shape, q + {q}, k + {k}, v + {v}, y + {y}, scratch);"
    body = [*struct("attention_shape", fields), *nest(batch, strides, call)]
    macs = prod(map(int, (*batch, q.shape[-2], k.shape[-1], q.shape[-1] + v.shape[-1])))
    operands = {"y": y.name, "q": q.name, "k": k.name, "v": v.name}
    name = plan.names.make(node.name, "run")
    return Step(name, about(node, plan), operands, body, macs, scratch=4 * (ROWS * room + _ALIGNED))


RULE = Rule(("JoinedAttention",), _shape, _emit, opens=True)
