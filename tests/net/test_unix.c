// SPDX-License-Identifier: GPL-3.0-or-later
/* UNIX sessions: streams and datagrams, by path and by abstract name: what is said of them, and
 * which files they make, replace, leave alone and remove. */
#include "net/fixture.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/service.h"
#include "net/step.h"

static char directory[] = "/tmp/test_unix_XXXXXX";

static const char *path(const char *name)
{
	static char text[64];
	snprintf(text, sizeof text, "%s/%s", directory, name);
	return text;
}

static struct target target_at(enum transport transport, const char *name)
{
	struct target target = { .transport = transport };
	snprintf(target.host, sizeof target.host, "%s", *name == '@' ? name : path(name));
	return target;
}

static struct session *serve(struct fixture *f, enum transport transport, const char *name,
                             const char *service)
{
	struct target target = target_at(transport, name);
	struct session_options options = { .service = service ? service_find(service) : NULL };
	struct session *session = sessions_listen(f->sessions, &target, &options, &f->error);
	until(f, session_state(session) != SESSION_RESOLVING); /* for a descriptor to be closed */
	return session;
}

static struct session *call(struct fixture *f, enum transport transport, const char *name)
{
	struct target target = target_at(transport, name);
	return sessions_open(f->sessions, &target, NULL, &f->error);
}

static bool exists(const char *name)
{
	struct stat stat;
	return lstat(path(name), &stat) == 0;
}

static int make_socket(int type, const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);
	snprintf(un.sun_path, sizeof un.sun_path, "%s", path(name));
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof un) < 0)
		tap_skip("cannot bind");
	return fd;
}

static bool says_nothing_of_tcp(const struct fixture *f)
{
	for (uint64_t at = transcript_first(f->transcript); at < transcript_end(f->transcript);
	     at = transcript_next(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		char *text = xstrndup(entry_payload(entry), entry->len);
		bool bad = entry->call == CALL_STATE &&
		           (strstr(text, "FIN") || strstr(text, "RST") || strstr(text, "SYN") ||
		            strstr(text, "TCP") || strstr(text, "UDP") || strstr(text, "loopback"));
		if (bad)
			tap_diagnose("says", text, strlen(text));
		free(text);
		if (bad)
			return false;
	}
	return true;
}

static void check_stream(struct fixture *f, const char *name)
{
	struct session *server = serve(f, TRANSPORT_UNIX, name, "echo");
	is_int(session_state(server), SESSION_LISTENING, name);
	is_int(session_tcp_state(server), STATE_LISTENING, "... and is called so");
	struct session *client = call(f, TRANSPORT_UNIX, name);
	is_int(session_state(client), SESSION_OPEN, "... and is connected to at once");
	is_int(session_tcp_state(client), STATE_CONNECTED, "... and that is called so");
	ok(send_text(f, client, "to and fro"), "a line goes");
	until(f, has_received(f, client, "to and fro"));
	ok(has_received(f, client, "to and fro"), "... and comes back");
	ok(session_shutdown(client, SHUT_WR, &f->error), "one side is closed");
	until(f, session_state(client) == SESSION_CLOSED);
	is_int(session_end(client), SESSION_ENDED_WELL, "... and then the other");
	ok(session_close(server, &f->error) && !exists(name), "the file is removed");
	ok(says_nothing_of_tcp(f), "nothing is said of segments");
	fixture_turns(f, 2);
}

static void check_reset(struct fixture *f)
{
	int listener = make_socket(SOCK_STREAM, "reset");
	listen(listener, 1);
	struct session *client = call(f, TRANSPORT_UNIX, "reset");
	int peer = accept(listener, NULL, NULL);
	send_text(f, client, "never read");
	ok(!session_abort(client, &f->error) && strstr(f->error.text, "RST"),
	   "there is no RST to send: %s", f->error.text);
	close(peer);
	until(f, session_state(client) == SESSION_CLOSED);
	is_int(session_end(client), SESSION_ENDED_RESET, "a peer that does not read resets");
	ok(strstr(last_failure(f, client), "ECONNRESET") &&
	           strstr(last_failure(f, client), "before it had read"),
	   "... and so it is said: %s", last_failure(f, client));
	client = call(f, TRANSPORT_UNIX, "reset");
	peer = accept(listener, NULL, NULL);
	close(peer);
	until(f, session_peer_closed(client));
	send_text(f, client, "nobody");
	until(f, session_state(client) == SESSION_CLOSED);
	ok(strstr(last_failure(f, client), "the peer has closed") != NULL ||
	           count_states(f, client, "the peer has closed") == 1,
	   "... and one that has gone is told by EPIPE");
	close(listener);
	ok(says_nothing_of_tcp(f), "nothing is said of segments");
	fixture_turns(f, 2);
	unlink(path("reset"));
}

static void check_refusals(struct fixture *f)
{
	static const struct {
		const char *name, *says;
	} rows[] = {
		{ "none", "No such file or directory" },
		{ "stale", "Connection refused" },
		{ "file", "Connection refused" },
		{ "file/x", "ENOTDIR" },
		{ "box", "Protocol wrong type for socket" },
		{ "@nobody", "Connection refused" },
	};
	close(make_socket(SOCK_STREAM, "stale"));
	int box = make_socket(SOCK_DGRAM, "box");
	FILE *file = fopen(path("file"), "w");
	fclose(file);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct session *session = call(f, TRANSPORT_UNIX, rows[i].name);
		ok(session_failed_to_open(session) &&
		           strstr(last_failure(f, session), rows[i].says),
		   "%s: %s", rows[i].name, last_failure(f, session));
	}
	struct session *server = serve(f, TRANSPORT_UNIX, "file", NULL);
	ok(session_failed_to_open(server) && strstr(last_failure(f, server), "is no socket") &&
	           exists("file"),
	   "what is no socket stays: %s", last_failure(f, server));
	server = serve(f, TRANSPORT_UNIX, "box", NULL);
	ok(session_failed_to_open(server) &&
	           strstr(last_failure(f, server), "a program has its socket there"),
	   "nor is a socket in use taken: %s", last_failure(f, server));
	server = serve(f, TRANSPORT_UNIX, "stale", NULL);
	ok(session_state(server) == SESSION_LISTENING && strstr(last_state(f, server), "removed"),
	   "one that nobody uses is: %s", last_state(f, server));
	session_close(server, &f->error);
	ok(!exists("stale"), "... and is removed at the end");
	server = serve(f, TRANSPORT_UNIX, "moved", NULL);
	unlink(path("moved"));
	int other = make_socket(SOCK_STREAM, "moved");
	session_close(server, &f->error);
	ok(exists("moved"), "a file that is another's by now stays");
	close(other);
	close(box);
	ok(says_nothing_of_tcp(f), "nothing is said of segments");
	fixture_turns(f, 2);
}

static void check_datagrams(struct fixture *f)
{
	struct session *server = serve(f, TRANSPORT_UNIXGRAM, "mail", "echo");
	struct session *client = call(f, TRANSPORT_UNIXGRAM, "mail");
	is_int(session_state(client), SESSION_OPEN, "a client of datagrams is open");
	struct endpoint own = session_local(client);
	ok(!endpoint_is_unnamed(&own), "... and has a name, so that it can be answered");
	ok(send_text(f, client, "one") && send_text(f, client, ""), "datagrams go");
	until(f, session_counts(client)->receives == 2);
	is_int((long)session_counts(client)->receives, 2,
	       "... and are answered, the empty one, too");
	is_int((long)session_peer_count(server), 1, "the server has one peer");
	ok(endpoint_equal(&session_next_peer(server, NULL)->addr, &own),
	   "... at the client's name");
	int nobody = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	snprintf(un.sun_path, sizeof un.sun_path, "%s", path("mail"));
	sendto(nobody, "unnamed", 7, 0, (struct sockaddr *)&un, sizeof un);
	until(f, session_peer_count(server) == 2);
	ok(endpoint_is_unnamed(&session_next_peer(server, session_next_peer(server, NULL))->addr),
	   "one without a name is one, too");
	ok(session_send(server, "to whom", 7, &f->error), "a line goes to who can be answered");
	until(f, has_received(f, client, "oneto whom"));
	ok(has_received(f, client, "oneto whom"), "... and comes there");
	ok(!session_shutdown(client, SHUT_WR, &f->error), "there is nothing to shut");
	close(nobody);
	session_close(server, &f->error);
	fixture_turns(f, 2);
	ok(!session_send(client, "late", 4, &f->error) &&
	           strstr(f->error.text, "no program has a socket there"),
	   "one that has gone refuses at once: %s", f->error.text);
	session_close(client, &f->error);
}

/* Borders stay, also of what waits, and an empty message is not the end. */
static void check_packets(struct fixture *f)
{
	enum { MANY = 3000 };
	char text[16], got[16];
	struct session *server = serve(f, TRANSPORT_UNIXPACKET, "packets", "echo");
	ok(session_state(server) == SESSION_LISTENING, "a server of packets listens");
	struct session *client = call(f, TRANSPORT_UNIXPACKET, "packets");
	is_int(session_state(client), SESSION_OPEN, "... and is connected to at once");
	ok(send_text(f, client, "one") && send_text(f, client, "") && send_text(f, client, "two"),
	   "messages go");
	until(f, session_counts(client)->receives == 3);
	is_int((long)session_counts(client)->receives, 3, "... and come one by one");
	is_int((long)session_counts(client)->received_bytes, 6, "... with their bytes");
	const struct credentials *peer = session_credentials(client);
	ok(peer && peer->pid == getpid() && peer->uid == getuid(), "who listens is known");
	ok(session_shutdown(client, SHUT_WR, &f->error), "one side is closed");
	until(f, session_state(client) == SESSION_CLOSED);
	is_int(session_end(client), SESSION_ENDED_WELL, "... and then the other");
	session_close(server, &f->error);
	ok(!exists("packets"), "the file is removed");

	int listener = make_socket(SOCK_SEQPACKET, "packets");
	listen(listener, 1);
	client = call(f, TRANSPORT_UNIXPACKET, "packets");
	int reader = accept(listener, NULL, NULL);
	bool good = true;
	for (int i = 0; i < MANY; i++)
		good = good && session_send(client, text, (size_t)snprintf(text, sizeof text, "%d", i), &f->error);
	ok(good && session_unsent(client) > 0, "more messages than the peer has room for wait");
	int count = 0;
	for (int64_t late = clock_now() + 20 * CLOCK_S; count < MANY && clock_now() < late;) {
		ssize_t len = recv(reader, got, sizeof got - 1, MSG_DONTWAIT);
		if (len < 0) {
			fixture_turn(f, late);
			continue;
		}
		got[len] = '\0';
		snprintf(text, sizeof text, "%d", count);
		if (strcmp(got, text) != 0)
			break;
		count++;
	}
	is_int(count, MANY, "... each whole, in order");
	static char large[4 << 20];
	ok(!session_send(client, large, sizeof large, &f->error) &&
	           strstr(f->error.text, "send buffer") && session_state(client) == SESSION_OPEN,
	   "one that is too large is refused alone: %s", f->error.text);
	send(reader, "", 0, 0);
	until(f, session_counts(client)->receives == 1);
	ok(!session_peer_closed(client), "an empty message is not the end");
	send(reader, "", 0, 0);
	close(reader);
	until(f, session_peer_closed(client) || session_state(client) == SESSION_CLOSED);
	is_int((long)session_counts(client)->receives, 2, "... nor is one right before it");
	session_close(client, &f->error);
	close(listener);
	unlink(path("packets"));
	ok(says_nothing_of_tcp(f), "nothing is said of segments");
	fixture_turns(f, 2);
}

/* A server's socket is not connected, and select() always calls it writable. */
static void check_full_box(struct fixture *f)
{
	enum { MANY = 400 };
	char text[16];
	struct session *server = serve(f, TRANSPORT_UNIXGRAM, "full", NULL);
	int box = make_socket(SOCK_DGRAM, "reader");
	struct endpoint to;
	bool good = endpoint_parse_path(path("reader"), &to, &f->error);
	for (int i = 0; i < MANY; i++) {
		int len = snprintf(text, sizeof text, "%d", i);
		good = good && session_send_to(server, &to, text, (size_t)len, &f->error);
	}
	ok(good && session_unsent(server) > 0, "more datagrams than the peer has room for wait");
	uint64_t before = f->poller.turns;
	int64_t end = clock_now() + 100 * CLOCK_MS;
	while (clock_now() < end)
		fixture_turn(f, end);
	ok(f->poller.turns - before < 100, "... and the loop does not spin: %d turns",
	   (int)(f->poller.turns - before));
	int got = 0;
	for (int64_t late = clock_now() + 20 * CLOCK_S; got < MANY && clock_now() < late;) {
		ssize_t len = recv(box, text, sizeof text - 1, MSG_DONTWAIT);
		if (len < 0) {
			fixture_turn(f, late);
			continue;
		}
		text[len] = '\0';
		if (atoi(text) != got)
			break;
		got++;
	}
	is_int(got, MANY, "... until it has read them all, in order");
	close(box);
	session_close(server, &f->error);
}

static void check_by_hand(struct fixture *f)
{
	struct session *server = sessions_make_socket(f->sessions, TRANSPORT_UNIX, NULL, &f->error);
	ok(step_bind(server, path("hand"), NULL, &f->error) && exists("hand"), "bind() by hand");
	ok(step_listen(server, 1, &f->error), "listen() by hand");
	struct session *client = sessions_make_socket(f->sessions, TRANSPORT_UNIX, NULL, &f->error);
	ok(step_connect(client, path("hand"), NULL, &f->error) &&
	           session_state(client) == SESSION_OPEN,
	   "connect() by hand");
	struct session *second = sessions_make_socket(f->sessions, TRANSPORT_UNIX, NULL, &f->error);
	ok(!step_bind(second, path("hand"), NULL, &f->error) &&
	           strstr(f->error.text, "something has this path"),
	   "a path that is taken is the kernel's answer: %s", f->error.text);
	ok(!step_bind(second, path("hand"), "80", &f->error), "a path has no port: %s",
	   f->error.text);
	session_close(server, &f->error);
	ok(!exists("hand"), "the file is removed");
	ok(says_nothing_of_tcp(f), "nothing is said of segments");
}

int main(void)
{
	struct fixture f;
	char name[40];
	tap_watchdog(60);
	if (!mkdtemp(directory))
		return 1;
	fixture_start(&f);
	check_stream(&f, "stream");
	snprintf(name, sizeof name, "@test_unix %d", (int)getpid());
	check_stream(&f, name);
	check_reset(&f);
	check_refusals(&f);
	check_datagrams(&f);
	check_full_box(&f);
	check_packets(&f);
	check_by_hand(&f);
	fixture_stop(&f);
	unlink(path("file"));
	unlink(path("box"));
	unlink(path("moved"));
	unlink(path("reader"));
	ok(rmdir(directory) == 0, "nothing is left behind");
	return tap_done();
}
