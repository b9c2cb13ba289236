/* SPDX-License-Identifier: ISC */
/* Two reports that have nothing to do with each other, and an edited copy of the first. */
#ifndef SITREP_TESTS_GROUPING_TEXTS_H
#define SITREP_TESTS_GROUPING_TEXTS_H

static const char vessel_title[] = "Shipyard hands over second patrol vessel to coast guard";
static const char vessel[] =
	"The shipyard in the northern port handed over the second of six patrol vessels to the coast guard on Tuesday, "
	"three weeks ahead of schedule. The vessel is 82 metres long, carries a crew of 45 and can stay at sea for 21 "
	"days. It will be based in the strait, where traffic has grown by 14 percent since last year, the head of the "
	"coast guard told reporters at the ceremony. The programme has a budget of 640 million, of which 220 million "
	"have been spent.";
static const char vessel_reprint[] =
	"PORT CITY (Agency) - The shipyard in the northern port handed over the second of six patrol vessels to the "
	"coast guard on Tuesday, three weeks ahead of schedule. The vessel is 82 metres long, carries a crew of 45 and "
	"can stay at sea for 21 days, officials said. It will be based in the strait, where traffic has grown by 14 "
	"percent since last year. Critics have called the vessels too small for the winter storms of the region.";
static const char talks_title[] = "Talks on border posts go into third week";
static const char talks[] =
	"Negotiators of both countries will meet again on Thursday to talk about the eleven border posts that have "
	"been closed since spring. An agreement on the first four is ready to be signed, two people close to the talks "
	"said, but the list of goods that may pass without an inspection is still in dispute. Traders on both sides "
	"say that they have lost most of their income and have asked for a date by which lorries can go through again.";

#endif
