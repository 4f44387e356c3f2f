// Requests that open a socket, which the server hands to nobody but who listens for them.
import { STATUS_CODES } from "node:http";

/**
 * guarded is a listener for a server's "upgrade": it calls handle only for who may open a socket, in whose session
 * session(req, res, next) puts the request. enter(req, socket) says whether they may.
 */
export function guarded(enter, session, handle, log) {
  return async (req, socket, head) => {
    const gone = () => socket.destroy(); // nobody else listens to its errors yet, and one would end the app
    socket.on("error", gone);
    let status;
    try {
      await new Promise((resolve, reject) => session(req, {}, (e) => (e ? reject(e) : resolve())));
      if (!req.session) throw new Error("the request has no session");
      status = (await enter(req, socket)) ? 101 : 403;
    } catch (e) {
      log(`opening a socket: ${e.message}`);
      status = 500;
    }
    if (status !== 101) {
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    socket.off("error", gone);
    if (!socket.destroyed) handle(req, socket, head);
  };
}
