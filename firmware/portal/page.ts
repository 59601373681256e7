// Owns what the portal answers: one small page with a form and nothing fetched from elsewhere, a word of thanks, and the way back to the
// page for every other path, which is what makes a phone show it by itself. Each is written in pieces, since a page as one text would be
// in memory several times over; the end of the connection is the end of the answer. Pure.
import type { Bytes } from "#protocol";

type Write = (text: Bytes) => void;

function escapeHtml(text: Bytes): Bytes {
  return text.split("&").join("&amp;").split("<").join("&lt;").split('"').join("&quot;");
}

function writeHead(write: Write, status: string, header: string): void {
  write("HTTP/1.1 " + status + "\r\nConnection: close\r\nCache-Control: no-store\r\n" + header + "\r\n");
}

function writePage(write: Write, title: Bytes): void {
  writeHead(write, "200 OK", "Content-Type: text/html; charset=utf-8\r\n");
  write("<!doctype html><meta name=viewport content='width=device-width'><title>Trapline</title>");
  write(
    "<style>body{font:18px sans-serif;margin:2em}input,button{font:inherit;display:block;margin:.3em 0 1em}</style>",
  );
  write("<h1>" + title + "</h1><p>");
}

/**
 * @param serial of the trap
 * @param failed name of the network that could not be joined, or empty
 * @param names of networks in reach
 */
export function writeForm(write: Write, serial: string, failed: Bytes, names: Bytes[]): void {
  writePage(write, "Trap " + escapeHtml(serial));
  write(failed === "" ? "Which Wi-Fi shall it join?" : "It could not join " + escapeHtml(failed) + ".");
  write("<form method=post action=/>Wi-Fi name<input name=ssid maxlength=32 required list=n autocapitalize=none>");
  write("<datalist id=n>");
  for (const name of names) write('<option value="' + escapeHtml(name) + '">');
  write("</datalist>Password<input name=pass type=password maxlength=63><button>Join</button></form>");
}

export function writeThanks(write: Write, ssid: Bytes): void {
  writePage(write, "Thank you");
  write("The trap now joins " + escapeHtml(ssid) + ". If it cannot, its own network comes back in a minute.");
}

export function writeRedirect(write: Write, host: string): void {
  writeHead(write, "302 Found", "Location: http://" + host + "/\r\nContent-Length: 0\r\n");
}

export function writeRefusal(write: Write): void {
  writeHead(write, "400 Bad Request", "Content-Length: 0\r\n");
}
