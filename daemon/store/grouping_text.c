/* The tables of stories' texts, and what is asked of them.
 *
 * near_text_N keeps an item's signature, near_shingle_N finds it, for the weeks whose number leaves the remainder N;
 * near_common keeps the counts of common shingles in pieces, near_state the newest week.  Candidates come out of one
 * statement over all four weeks: of each week the items that have one of the probes, those with the most first. */
#include "grouping_text.h"

#define TEXT_TABLE(n)                                                                                                  \
	"CREATE TABLE near_text_" #n "("                                                                               \
	" item_id INTEGER PRIMARY KEY,"                                                                                \
	" story_id INTEGER NOT NULL,"                                                                                  \
	" tokens INTEGER NOT NULL,"                                                                                    \
	" level INTEGER NOT NULL,"                                                                                     \
	" shingles BLOB NOT NULL,"                                                                                     \
	" numbers BLOB NOT NULL,"                                                                                      \
	" title BLOB NOT NULL,"                                                                                        \
	" publisher_id INTEGER NOT NULL,"                                                                              \
	" seen INTEGER NOT NULL"                                                                                       \
	") STRICT;"                                                                                                    \
	"CREATE TABLE near_shingle_" #n "("                                                                            \
	" hash INTEGER NOT NULL,"                                                                                      \
	" item_id INTEGER NOT NULL,"                                                                                   \
	" PRIMARY KEY(hash, item_id)"                                                                                  \
	") STRICT, WITHOUT ROWID;"

#define PROBES                                                                                                         \
	"(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28,?29," \
	"?30,?31,?32)"
#define HITS(n) "SELECT item_id, " #n " AS slot FROM near_shingle_" #n " WHERE hash IN " PROBES
#define SIGNATURE "tokens, level, shingles, numbers, title, publisher_id, seen"
#define ALL(part, between) part(0) between part(1) between part(2) between part(3)
#define NONE
#define OWN_TEXT(n) "SELECT " SIGNATURE " FROM near_text_" #n " WHERE item_id = ?1"
#define COUNT_OF(n, kind) "(SELECT count(*) FROM near_" kind "_" #n ")"

const char grouping_tables[] = ALL(TEXT_TABLE, NONE) "CREATE TABLE near_common("
						     " chunk INTEGER PRIMARY KEY,"
						     " counters BLOB NOT NULL"
						     ") STRICT;"
						     "CREATE TABLE near_state("
						     " one INTEGER PRIMARY KEY CHECK(one = 1),"
						     " week INTEGER NOT NULL,"
						     " halved INTEGER"
						     ") STRICT;";

/* clang-format off */
#define OF_SLOT(n) \
	[ADD_TEXT + n] = "INSERT OR REPLACE INTO near_text_" #n "(item_id, story_id, " SIGNATURE ")" \
			 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", \
	[ADD_SHINGLE + n] = "INSERT OR IGNORE INTO near_shingle_" #n "(hash, item_id) VALUES(?1, ?2)", \
	[EMPTY_TEXTS + n] = "DELETE FROM near_text_" #n, \
	[EMPTY_SHINGLES + n] = "DELETE FROM near_shingle_" #n, \
	[MOVE_TEXT + n] = "UPDATE near_text_" #n " SET story_id = ?2 WHERE item_id = ?1", \
	[TEXT_OF + n] = "SELECT " SIGNATURE ", story_id FROM near_text_" #n " WHERE item_id = ?1",

const char *const grouping_texts[GROUPING_STATEMENTS] = {
	[CANDIDATES] = "SELECT item_id, slot, count(*) AS hits FROM (" ALL(HITS, " UNION ALL ") ")"
		       " GROUP BY item_id, slot ORDER BY hits DESC, item_id DESC LIMIT 16",
	[FIND_TEXT] = "SELECT " SIGNATURE " FROM (" ALL(OWN_TEXT, " UNION ALL ") ") ORDER BY seen DESC LIMIT 1",
	[COUNT_TEXTS] = "SELECT " COUNT_OF(0, "text") "+" COUNT_OF(1, "text") "+" COUNT_OF(2, "text") "+" COUNT_OF(3, "text"),
	[COUNT_SHINGLES] = "SELECT " COUNT_OF(0, "shingle") "+" COUNT_OF(1, "shingle") "+" COUNT_OF(2, "shingle") "+"
			   COUNT_OF(3, "shingle"),
	[COMMON_LOAD] = "SELECT chunk, counters FROM near_common",
	[COMMON_SAVE] = "INSERT OR REPLACE INTO near_common(chunk, counters) VALUES(?1, ?2)",
	[STATE_LOAD] = "SELECT week, halved FROM near_state WHERE one = 1",
	[STATE_SAVE] = "INSERT OR REPLACE INTO near_state(one, week, halved) VALUES(1, ?1, ?2)",
	OF_SLOT(0) OF_SLOT(1) OF_SLOT(2) OF_SLOT(3)
};
/* clang-format on */
