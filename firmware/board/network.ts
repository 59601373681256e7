// Owns sockets and HTTP over the interpreter's modules, whose failures come as exceptions, as events or not at all: here each attempt has
// exactly one end, and never within the call that began it.
import type { HttpAnswer, HttpRequest, Network, Socket, SocketHandlers } from "../ports.ts";

function connect(host: string, port: number, handlers: SocketHandlers): Socket {
  let socket: EspruinoSocket | null = null;
  let open = true;
  const close = function (error: string): void {
    if (!open) return;
    open = false;
    handlers.closed(error);
  };
  try {
    socket = require("net").connect({ host: host, port: port }, function () {
      if (open) handlers.opened();
    });
    socket.on("data", function (data) {
      if (open) handlers.received(data);
    });
    socket.on("error", function (fault) {
      close(fault ? "" + fault.message : "error");
    });
    socket.on("close", function () {
      close("closed");
    });
  } catch (_refused) {
    setTimeout(function () {
      close("unreachable");
    }, 0);
  }
  return {
    write: function (data) {
      if (open && socket) socket.write(data);
    },
    close: function () {
      open = false;
      if (socket) socket.end();
    },
  };
}

/** The length the answer declares, or -1. Header names keep the sender's case. */
function declaredLength(headers: { readonly [name: string]: string }): number {
  const text = headers["content-length"] || headers["Content-Length"];
  return text ? parseInt(text, 10) : -1;
}

/**
 * The request begins, and its answer is handed on, in events of their own: whoever asks stands deep in calls and holds what came before,
 * and the interpreter holds a request with all its buffers until its last event returns. Memory for both at once there is not.
 */
function request(asked: HttpRequest, done: (answer: HttpAnswer) => void): void {
  let open = true;
  let body = "";
  const end = function (status: number, error: string): void {
    if (!open) return;
    open = false;
    clearTimeout(timer);
    const answer = { status: status, body: status ? body : "", error: error };
    body = "";
    setTimeout(function () {
      done(answer);
    }, 0);
  };
  const timer = setTimeout(function () {
    end(0, "timeout");
  }, asked.timeoutMs);
  const take = function (data: string): void {
    if (body.length + data.length > asked.bytesMax) end(0, "too long");
    else if (open) body += data;
  };
  const finish = function (response: EspruinoHttpResponse): void {
    const length = declaredLength(response.headers);
    if (length >= 0 && length !== body.length) end(0, "cut off");
    else end(parseInt(response.statusCode, 10), "");
  };
  setTimeout(function () {
    try {
      begin(asked, take, finish, end);
    } catch (_refused) {
      end(0, "unreachable");
    }
  }, 0);
}

function begin(
  asked: HttpRequest,
  take: (data: string) => void,
  finish: (response: EspruinoHttpResponse) => void,
  end: (status: number, error: string) => void,
): void {
  const headers: { [name: string]: string | number } = { Connection: "close" };
  if (asked.method === "POST") {
    headers["Content-Type"] = "application/json";
    headers["Content-Length"] = asked.body.length;
  }
  const sent = require("http").request(
    { host: asked.host, port: asked.port, path: asked.path, method: asked.method, headers: headers },
    function (response) {
      response.on("data", take);
      response.on("close", function () {
        finish(response);
      });
    },
  );
  sent.on("error", function (fault) {
    end(0, fault ? "" + fault.message : "error");
  });
  sent.on("close", function () {
    // Without an answer until then there will be none; with one, its own close has come before.
    setTimeout(function () {
      end(0, "no answer");
    }, 0);
  });
  sent.end(asked.body);
}

export function createNetwork(): Network {
  return { connect: connect, request: request };
}
