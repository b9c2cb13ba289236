/* SPDX-License-Identifier: ISC */
/* job.h: the messages between the daemon and a parse worker.
 *
 * A message is a header of fixed length and a body.  The daemon sends rules (at start and whenever they
 * change) and jobs, one at a time; the worker answers each job with a document (wire.h) or with a
 * sentence why there is none.  Both ends check every length; the daemon trusts a worker no more than the
 * feed it parsed. */
#ifndef SITREP_WORKER_JOB_H
#define SITREP_WORKER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum message_kind {
	MESSAGE_HELLO = 1, /* worker: started, sandbox closed; the body is the version */
	MESSAGE_RULES,     /* daemon: replaces all rules; the body is the size of their image (rule_set_image()), and
			    * a descriptor of the memory that it lies in comes with the header; 0, without: no rules */
	MESSAGE_JOB,       /* daemon */
	MESSAGE_DOCUMENT,  /* worker: wire bytes */
	MESSAGE_FAILURE,   /* worker: negative errno and a sentence */
};

enum { MESSAGE_HEADER_LEN = 16 };

struct message_header {
	enum message_kind kind;
	uint32_t job;    /* number that the answer repeats */
	uint32_t length; /* of the body */
};

void message_header_encode(uint8_t out[MESSAGE_HEADER_LEN], const struct message_header *h);
/* -EPROTO on a wrong magic, an unknown kind, or a length over max_length. */
int message_header_decode(
	const uint8_t in[MESSAGE_HEADER_LEN], uint32_t max_length, struct message_header *h, struct error *err);

/* A feed's answer to be parsed. */
struct job {
	struct str feed;       /* its name in the configuration */
	struct str title;      /* as shown: configured, or its own; its name before its first document */
	struct str categories; /* its configured categories, separated by newlines */
	struct str publisher;  /* as configured; absent: none is */
	struct str url;        /* final URL */
	struct str content_type;
	struct str content_location;
	struct str content_language;
	struct str body;
	bool want_notes;
};

/* Encodes a job without its body, whose bytes follow: the body is sent without a copy. */
int job_encode_head(struct buf *out, const struct job *j);
int job_decode(struct str message, struct job *j, struct error *err);

enum { MESSAGE_RULES_LEN = 8 };
void rules_message_encode(uint8_t out[MESSAGE_RULES_LEN], uint64_t size);
/* -EPROTO when the message has another length. */
int rules_message_decode(struct str message, uint64_t *size);

struct rule_source {
	struct str name;
	struct str expression;
};

/* A rule as it was sent to the worker, and its place in the list. */
struct known_rule {
	struct str name;
	struct str expression;
	size_t place;
};

/* In the order of their names, by str_cmp(). */
struct known_rules {
	struct known_rule *items;
	size_t count;
	struct buf text;
};

/* Copies the rules, in the order of the image; 0, or -ENOMEM and *known is empty. */
int known_rules_make(struct known_rules *known, const struct rule_source *rules, size_t count);
void known_rules_release(struct known_rules *known);
/* NULL when there is none of that name. */
const struct known_rule *known_rules_find(const struct known_rules *known, struct str name);

int failure_encode(struct buf *out, int code, struct str sentence);
/* Fills err with the worker's code and sentence; -EPROTO when the message is none. */
int failure_decode(struct str message, struct error *err);

#endif
