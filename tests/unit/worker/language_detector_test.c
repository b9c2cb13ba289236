/* SPDX-License-Identifier: ISC */
/* The language detector: off without its library, certain or silent with it. */
#include "../../../daemon/worker/language_detector.h"
#include "../test.h"

TEST(without_the_library_it_is_off)
{
	struct language_detector d;

	assert_false(language_detector_open(&d, "libno-such-detector.so.0"));
	assert_true(str_empty(language_detector_ask(&d, STR("Minehunters leave the estuary this morning"),
		STR("They look for drifting mines off the northern cape, the harbour office says."))));
	language_detector_close(&d);
	/* a library that is another one */
	assert_false(language_detector_open(&d, "libm.so.6"));
	assert_true(str_empty(language_detector_ask(&d, STR("a"), STR("b"))));
	language_detector_close(&d);
}

TEST(languages_are_told)
{
	static const struct {
		const char *tag, *title, *body;
	} cases[] = {
		{"en", "Minehunters leave the estuary",
			"They look for drifting mines off the northern cape, the harbour office says."},
		{"fr", "Les chasseurs de mines quittent l'estuaire",
			"Ils cherchent des mines au large du cap, annonce la préfecture maritime."},
		{"de", "Minenjagdboote verlassen die Mündung",
			"Sie suchen vor dem Kap nach treibenden Minen, teilt das Hafenamt mit."},
		{"ru", "Тральщики вышли в море",
			"Корабли ищут дрейфующие мины у северного мыса, сообщили в управлении порта."},
		{"ko", "소해함이 하구를 떠났다", "항만청은 북쪽 곶 앞바다에서 떠다니는 기뢰를 찾고 있다고 밝혔다."},
		{"ja", "掃海艇が河口を出た", "港湾当局によると、北の岬の沖で漂流する機雷を探しているという。"},
		{"he", "שולות המוקשים עזבו את השפך", "הספינות מחפשות מוקשים צפים מול הכף הצפוני, כך נמסר ממשרד הנמל."},
		{"", "12 / 34", "56 78 90 12 34 56 78 90 12 34 56 78 90 12 34 56 78 90"},
		{"", "Marina", ""},
	};
	struct language_detector d;

	if (!language_detector_open(&d, DETECTOR_LIBRARY)) {
		language_detector_close(&d);
		skip();
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str tag = language_detector_ask(&d, str_from(cases[i].title), str_from(cases[i].body));

		if (!str_eq(tag, str_from(cases[i].tag)))
			fail_msg("%s: \"%.*s\"", cases[i].title, STR_ARG(tag));
	}
	language_detector_close(&d);
}
