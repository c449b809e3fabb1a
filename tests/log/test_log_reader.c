// SPDX-License-Identifier: GPL-3.0-or-later
/* What log_reader makes of lines that others wrote: tolerant of what it does not know, one line of text
 * for what is wrong, and the rest of the log is used. */
#include "log/log_reader.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "record/frame_entry.h"
#include "support/tap.h"

#define HEADER                                                                                     \
	"{\"sockpit\":\"log\",\"version\":1,\"type\":\"header\",\"program\":\"sockpit "            \
	"1\",\"started\":\"2026-11-28T18:01:02Z\"}\n"
#define NOTE "{\"type\":\"note\",\"time\":\"2026-11-28T18:01:02Z\",\"session\":1"

static struct log_reader *open_log(const char *bytes, size_t len)
{
	struct error error;
	struct log_reader *reader = log_reader_open(tap_file(bytes, len), &error);
	if (!reader)
		exit(99);
	return reader;
}

/* What a log is read as, a letter a line: H S M W E, x for what is wrong; and the last error. */
static void reads(const char *log, const char *letters, const char *wrong, const char *name)
{
	static const char kinds[] = "HSMWE";
	char got[64] = "", want[ERROR_TEXT] = "";
	size_t count = 0;
	enum log_reading reading;
	struct log_record record;
	struct error error = { .text = "" };
	struct log_reader *reader = open_log(log, strlen(log));
	while ((reading = log_reader_next(reader, &record, &error)) != LOG_END && count < 60)
		got[count++] = reading == LOG_READ ? kinds[record.kind] : 'x';
	log_reader_close(reader);
	is_text(got, letters, name);
	if (!wrong)
		return;
	snprintf(want, sizeof want, "%s:%s", tap_file("", 0), wrong);
	is_text(error.text, want, wrong);
}

static void is_tolerant(void)
{
	reads(HEADER, "H", NULL, "a log of nothing");
	reads(HEADER NOTE ",\"text\":\"x\"}\n" HEADER NOTE "}\n", "HEHE", NULL,
	      "a log that was continued");
	reads(HEADER "{\"type\":\"omen\",\"of\":[1,{\"a\":null}]}\n" NOTE ",\"new\":{\"a\":[]}}\n",
	      "HE", NULL, "types of lines and members that are not known");
	reads(HEADER "{\"type\":\"call\",\"call\":\"teleport\",\"time\":0}\n" NOTE "}\n", "HE",
	      NULL, "a call that is not known");
	reads(HEADER "\n \r\n" NOTE "}\r\n", "HE", NULL, "blank lines and CRLF");
	reads("{ \"version\" : 1 , \"started\" : \"2026-11-28T18:01:02Z\", \"sockpit\" : \"log\" "
	      "}\n"
	      "{\"text\":\"a\",\"session\":3,\"time\":\"2026-11-28T18:01:02.5+02:00\",\"type\":"
	      "\"note\"}\n",
	      "HE", NULL, "members in any order, with blanks");
	reads(HEADER NOTE "}", "HE", NULL, "a last line without an end");
	reads(HEADER "{\"type\":\"missed\",\"entries\":18446744073709551615,\"bytes\":0}\n", "HM",
	      NULL, "what was missed");
	reads(HEADER "{\"type\":\"wire\",\"host\":\"left\",\"since\":\"2026-11-28T18:01:02Z\"}\n"
	             "{\"type\":\"wire\"}\n",
	      "HWW", NULL, "the wire");
	reads("\xef\xbb\xbf" HEADER NOTE "}\n", "HE", NULL, "a mark of UTF-8 at the beginning,");
	reads(HEADER "\xef\xbb\xbf" NOTE "}\n", "Hx", "2:1: a value is missing", "and nowhere else");
	reads(HEADER NOTE ",\"fd\":null,\"failure\":null}\n", "HE", NULL, "null is absent");
}

static void says_what_is_wrong(void)
{
	reads("", "", NULL, "an empty file is no log, and is its end");
	reads("hello\n" HEADER, "x",
	      "1: no log of JSON lines: {\"sockpit\":\"log\", … was expected", "another file");
	reads(NOTE "}\n", "x", "1: no log of JSON lines: {\"sockpit\":\"log\", … was expected",
	      "without a header");
	reads("{\"sockpit\":\"log\",\"version\":2}\n" NOTE "}\n", "x",
	      "1: version 2 of the log is newer than this program, which reads version 1",
	      "a newer version");
	reads(HEADER NOTE "}\n{\"sockpit\":\"log\",\"version\":9}\n" NOTE "}\n", "HEx",
	      "3: version 9 of the log is newer than this program, which reads version 1",
	      "a newer version in a log that was continued");
	reads("{\"sockpit\":\"log\"}\n", "x",
	      "1: \"version\": the number of a version was expected", "no version");
	reads(HEADER NOTE ",\"text\":\"abc", "Hx",
	      "2: the line is cut off: what wrote it did not end in order",
	      "a last line that is cut");
	reads(HEADER NOTE ",}\n" NOTE "}\n", "HxE", "2:58: a name in quotes is missing",
	      "a line that is no JSON, and the rest is used");
	reads(HEADER NOTE ",\"text\":\"\\ud800 \"}\n", "Hx", "2:66: a lone surrogate",
	      "half a character");
	reads(HEADER NOTE ",\"text\":\"\\ud800\\u0041\"}\n", "Hx", "2:66: a lone surrogate",
	      "and with the wrong half");
	reads(HEADER NOTE ",\"text\":\"\\ude00\"}\n", "Hx", "2:66: a lone surrogate",
	      "the second one");
	reads(HEADER NOTE ",\"text\":\"\xff\"}\n", "Hx", "2:66: no UTF-8",
	      "bytes that are no text");
	reads(HEADER NOTE ",\"text\":\"\t\"}\n", "Hx", "2:66: a control character within a string",
	      "a raw control character");
	reads(HEADER NOTE ",\"text\":7}\n", "Hx", "2: \"text\": a text was expected", "no text");
	reads(HEADER NOTE ",\"base64\":\"YQ=\"}\n", "Hx",
	      "2: \"base64\": bytes in base64 was expected", "base64 that is cut");
	reads(HEADER NOTE ",\"base64\":\"YR==\"}\n", "Hx",
	      "2: \"base64\": bytes in base64 was expected", "base64 with bits too many");
	reads(HEADER "{\"type\":\"call\",\"call\":\"recv\",\"time\":\"2026-11-28T18:01:02Z\","
	             "\"session\":1,\"tls\":true,\"record\":0,\"handshake_header\":\"CwAAAQ==\"}\n",
	      "Hx", "2: \"handshake_header\": at most 3 bytes in base64 was expected",
	      "more of a header than can have come before");
	reads(HEADER NOTE ",\"fd\":1.5}\n", "Hx",
	      "2: \"fd\": a whole number from -32768 to 32767 was expected", "no whole number");
	reads(HEADER NOTE ",\"fd\":32768}\n", "Hx",
	      "2: \"fd\": a whole number from -32768 to 32767 was expected", "a number too large");
	reads(HEADER NOTE ",\"failure\":1}\n", "Hx", "2: \"failure\": true or false was expected",
	      "no truth");
	reads(HEADER "[]\n", "Hx", "2: an object was expected", "no object");
	reads(HEADER "{}\n", "Hx", "2: \"type\": the type of the line was expected", "no type");
	reads(HEADER "{\"type\":\"note\",\"time\":\"yesterday\"}\n", "Hx",
	      "2: \"time\": a time, 2026-11-28T18:01:02.123456789+00:00, was expected", "no time");
	reads(HEADER "{\"type\":\"note\"}\n", "Hx",
	      "2: \"time\": a time, 2026-11-28T18:01:02.123456789+00:00, was expected",
	      "an entry without a time");
	reads(HEADER "{\"type\":\"call\"}\n", "Hx", "2: \"call\": the name of a call was expected",
	      "a call without a name");
	reads(HEADER "{\"type\":\"call\",\"call\":\"sample\"}\n", "Hx",
	      "2: \"call\": the name of a call was expected", "a name that is none of a call");
	reads(HEADER NOTE ",\"peer\":{\"family\":\"ipv4\",\"ip\":\"::1\"}}\n", "Hx",
	      "2: \"peer\": an \"ip\" of its family was expected", "an address of another family");
	reads(HEADER NOTE ",\"peer\":{\"family\":\"x25\"}}\n", "Hx",
	      "2: \"peer\": \"family\" ipv4, ipv6 or unix was expected",
	      "a family that is not known");
	reads(HEADER "{\"type\":\"sample\",\"time\":\"2026-11-28T18:01:02Z\",\"session\":1}\n",
	      "Hx", "2: \"sample\": an object was expected", "a sample without its fields");
	reads(HEADER
	      "{\"type\":\"frame\",\"time\":\"2026-11-28T18:01:02Z\",\"session\":1,\"frame\":{}}\n",
	      "Hx", "2: \"session\": the number of a wire end was expected",
	      "a frame of a session");
	reads(HEADER "{\"type\":\"session\",\"session\":1,\"name\":\"a\",\"host\":\"odd\"}\n",
	      "Hx", "2: \"host\": \"odd\" is not one of its words", "a word that is not known");
	reads(HEADER
	      "{\"type\":\"session\",\"session\":1,\"name\":\"a\",\"host\":\"\\n\\u001b[2J\"}\n",
	      "Hx", "2: \"host\": \"\\n\\x1b[2J\" is not one of its words",
	      "which is shown as escapes");
	reads(HEADER "{\"type\":\"session\",\"session\":1,\"name\":\"a\\u001b[2J\"}\n", "Hx",
	      "2: \"name\": a text without control characters was expected", "a name that acts");
	reads(HEADER "{\"type\":\"session\",\"session\":0,\"name\":\"a\"}\n", "Hx",
	      "2: \"session\": the number of a session was expected", "session 0");
	reads(HEADER "{\"type\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}\n", "Hx",
	      "2:24: nested too deep", "brackets without end");
}

/* ---- more than lines ---- */

static void reads_times(void)
{
	static const struct {
		const char *text;
		int64_t seconds, ns;
	} times[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "2026-11-28T18:01:02.123456789+00:00", 1795888862, 123456789 },
		{ "2000-02-29T23:59:60-01:30", 951874200, 0 },
		{ "2024-03-01T00:00:00.5+14:00", 1709200800, 500000000 },
		{ "2100-03-01T00:00:00Z", 4107542400, 0 },
		{ "2199-12-31T23:59:59.9999999999Z", 7258118399, 999999999 },
	};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char log[400];
		struct log_record record = { .line = 0 };
		struct error error;
		snprintf(log, sizeof log, HEADER "{\"type\":\"state\",\"time\":\"%s\"}\n",
		         times[i].text);
		struct log_reader *reader = open_log(log, strlen(log));
		log_reader_next(reader, &record, &error);
		bool good = log_reader_next(reader, &record, &error) == LOG_READ &&
		            clock_wall(record.entry.header.time) ==
		                    times[i].seconds * CLOCK_S + times[i].ns;
		ok(good, "%s", times[i].text);
		if (!good)
			printf("# %lld\n", (long long)clock_wall(record.entry.header.time));
		log_reader_close(reader);
	}
}

static void reads_a_session(void)
{
	static const char log[] = HEADER
	        "{\"type\":\"session\",\"session\":7,\"name\":\"c\",\"kind\":\"datagrams\","
	        "\"transport\":\"udp\","
	        "\"server\":true,\"listener\":3,\"host\":\"right\","
	        "\"local\":{\"family\":\"ipv6\",\"ip\":\"fe80::1\",\"port\":80,\"scope\":2},"
	        "\"peer\":{\"family\":\"ipv4\",\"ip\":\"192.0.2.1\",\"port\":5000},"
	        "\"state\":\"closed\",\"end\":\"reset\",\"service\":\"echo\",\"eol\":\"CRLF\"}\n";
	struct log_record record;
	struct error error;
	struct log_reader *reader = open_log(log, strlen(log));
	log_reader_next(reader, &record, &error);
	ok(log_reader_next(reader, &record, &error) == LOG_READ && record.kind == LOG_SESSION &&
	           record.line == 2,
	   "a session is read");
	const struct recorded_identity *session = &record.session.identity;
	ok(record.session.number == 7 && session->listener == 3 && !strcmp(session->name, "c") &&
	           session->kind == RECORDED_DATAGRAMS && session->transport == TRANSPORT_UDP &&
	           session->server && !session->stepped,
	   "what it is");
	ok(session->host == HOST_RIGHT && session->local.port == 80 &&
	           session->local.scope == (2 | ENDPOINT_ELSEWHERE) && session->peer.port == 5000 &&
	           !endpoint_is_ipv6(&session->peer),
	   "where it is, its interface being one of another machine");
	ok(session->eol == EOL_CRLF && !strcmp(session->service, "echo"),
	   "how it is");
	ok(log_reader_next(reader, &record, &error) == LOG_END, "and there is no more");
	log_reader_close(reader);
}

/* A line that is too long costs no more memory than one that is not, and is stepped over. */
static void steps_over_long_lines(void)
{
	static const char begin[] = HEADER NOTE ",\"text\":\"", finish[] = "\"}\n" NOTE "}\n";
	struct buf log;
	struct log_record record;
	struct error error = { .text = "" };
	buf_init(&log, SIZE_MAX);
	buf_append_text(&log, begin);
	memset(buf_reserve(&log, 3 * (size_t)LOG_READER_LINE), 'a', 3 * (size_t)LOG_READER_LINE);
	buf_commit(&log, 3 * (size_t)LOG_READER_LINE);
	buf_append_text(&log, finish);
	struct log_reader *reader = open_log(buf_data(&log), log.len);
	log_reader_next(reader, &record, &error);
	ok(log_reader_next(reader, &record, &error) == LOG_WRONG &&
	           strstr(error.text, ":2: longer than 8 MiB"),
	   "a line of 24 MiB is refused");
	ok(log_reader_next(reader, &record, &error) == LOG_READ && record.kind == LOG_ENTRY &&
	           record.line == 3,
	   "and the next one is read");
	ok(log_reader_next(reader, &record, &error) == LOG_END, "which is the last");
	log_reader_close(reader);
	buf_clear(&log);
	memset(buf_reserve(&log, 3 * (size_t)LOG_READER_LINE), 'a', 3 * (size_t)LOG_READER_LINE);
	buf_commit(&log, 3 * (size_t)LOG_READER_LINE);
	reader = open_log(buf_data(&log), log.len);
	ok(log_reader_next(reader, &record, &error) == LOG_WRONG &&
	           log_reader_next(reader, &record, &error) == LOG_END,
	   "a file without lines is no log");
	log_reader_close(reader);
	buf_append_text(&log, "\n" HEADER NOTE "}\n");
	reader = open_log(buf_data(&log), log.len);
	ok(log_reader_next(reader, &record, &error) == LOG_WRONG &&
	           log_reader_next(reader, &record, &error) == LOG_END,
	   "nor is one whose first line is too long");
	log_reader_close(reader);
	buf_clear(&log);
	buf_append_text(&log, begin);
	memset(buf_reserve(&log, TRANSCRIPT_BLOCK), 'a', TRANSCRIPT_BLOCK);
	buf_commit(&log, TRANSCRIPT_BLOCK - ENTRY_HEADER + 1);
	buf_append_text(&log, finish);
	reader = open_log(buf_data(&log), log.len);
	log_reader_next(reader, &record, &error);
	ok(log_reader_next(reader, &record, &error) == LOG_WRONG &&
	           strstr(error.text, ":2: \"text\": at most 1048536 bytes were expected"),
	   "a payload that no block holds is refused");
	log_reader_close(reader);
	buf_clear(&log);
	buf_printf(&log, HEADER "{\"type\":\"frame\",\"time\":\"2026-11-28T18:01:02Z\",\"session\":%u,"
	                        "\"frame\":{\"bytes\":",
	           WIRE_FIRST);
	static const char zeros[FRAME_KEPT_MOST + 1];
	json_put_base64(&log, zeros, sizeof zeros);
	buf_append_text(&log, "}}\n");
	reader = open_log(buf_data(&log), log.len);
	log_reader_next(reader, &record, &error);
	ok(log_reader_next(reader, &record, &error) == LOG_WRONG && strstr(error.text, "at most 65535 bytes"),
	   "and a frame that is longer than any");
	log_reader_close(reader);
	buf_free(&log);
}

static void opens_files_only(void)
{
	struct error error;
	ok(!log_reader_open("/", &error), "a directory");
	is_text(error.text, "/: not a regular file", "says so");
	ok(!log_reader_open("/dev/null", &error), "a device");
	ok(!log_reader_open("/nonexistent", &error) && error.code == ENOENT, "nothing");
}

static void hides_secrets(void)
{
	static const char log[] = HEADER "{\"type\":\"call\",\"call\":\"send\",\"time\":\"2026-11-"
	                                 "28T18:01:02Z\",\"session\":1,"
	                                 "\"secret\":true,\"len\":6,\"text\":\"forged\"}\n"
	                                 "{\"type\":\"call\",\"call\":\"send\",\"time\":\"2026-11-"
	                                 "28T18:01:02Z\",\"session\":1,"
	                                 "\"secret\":true,\"len\":4294967295}\n";
	struct log_record record;
	struct error error;
	struct log_reader *reader = open_log(log, strlen(log));
	log_reader_next(reader, &record, &error);
	ok(log_reader_next(reader, &record, &error) == LOG_READ && record.entry.header.len == 6 &&
	           !memcmp(record.entry.payload, "******", 6),
	   "a secret is as many stars as it had bytes");
	ok(log_reader_next(reader, &record, &error) == LOG_WRONG, "within limits");
	log_reader_close(reader);
}

static void makes_no_entry_share_bytes(void)
{
	static const char log[] = HEADER "{\"type\":\"call\",\"call\":\"send\",\"time\":\"2026-11-"
	                                 "28T18:01:02Z\",\"session\":1,\"no_end\":true,\"text\":\"own\"}\n";
	struct log_record record;
	struct error error;
	struct log_reader *reader = open_log(log, strlen(log));
	log_reader_next(reader, &record, &error);
	ok(log_reader_next(reader, &record, &error) == LOG_READ && record.entry.header.len == 3 &&
	           !entry_is_shared(&record.entry.header),
	   "no log can say that an entry has its bytes elsewhere");
	log_reader_close(reader);
}

int main(void)
{
	tap_watchdog(50);
	is_tolerant();
	says_what_is_wrong();
	reads_times();
	reads_a_session();
	steps_over_long_lines();
	opens_files_only();
	hides_secrets();
	makes_no_entry_share_bytes();
	return tap_done();
}
