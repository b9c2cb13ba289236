/* SPDX-License-Identifier: ISC */
/* Numbers in words: what they are worth in each language, and what only looks like one. */
#include "../identity/sketch_fixture.h"

/* Two texts that are equal but for the number: do their sketches hold the same numbers? */
static bool same_numbers(const char *a, const char *b)
{
	struct sketch s = sketch_of("", a), t = sketch_of("", b);

	struct number_overlap o = sketch_number_overlap(&s, &t);

	return s.number_count == t.number_count && o.shared == o.of;
}

TEST(words_are_worth_their_figures)
{
	static const char *const cases[][2] = {
		{"they shot down eight drones", "they shot down 8 drones"},
		{"they shot down twenty-one drones", "they shot down 21 drones"},
		{"some two hundred and fifty people", "some 250 people"},
		{"about three thousand people", "about 3,000 people"},
		{"a budget of two billion dollars", "a budget of 2 billion dollars"},
		{"nearly two dozen people", "nearly 24 people"},
		{"a budget of two million dollars", "a budget of 2 million dollars"},
		{"a budget of 2bn dollars", "a budget of 2 billion dollars"},
		{"a budget of 2m dollars", "a budget of 2 mln dollars"},
		{"a budget of 2.5bn dollars", "a budget of 2.5 billion dollars"},
		{"two million five hundred thousand people", "2,500,000 people"},
		{"deux milliards de dollars", "2 milliards de dollars"},
		{"2,5 Md de dollars", "2,5 milliards de dollars"},
		{"zwei Millionen Menschen", "2 Mio. Menschen"},
		{"zwei Milliarden Euro", "2 Mrd. Euro"},
		{"dos mil millones de euros", "2.000 millones de euros"},
		{"dos mil millones de euros", "2 mil millones de euros"},
		{"два миллиона человек", "2 млн человек"},
		{"два миллиарда рублей", "2 млрд рублей"},
		{"이백만 명", "200만 명"},
		{"2억 5000만 달러", "2억5000만 달러"},
		{"二百万人", "200万人"},
		{"quatre-vingt-dix personnes", "90 personnes"},
		{"soixante et onze soldats", "71 soldats"},
		{"deux cents soldats", "200 soldats"},
		{"trois cent vingt-cinq soldats", "325 soldats"},
		{"dix-sept soldats", "17 soldats"},
		{"zwölf Soldaten", "12 Soldaten"},
		{"einundzwanzig Soldaten", "21 Soldaten"},
		{"zweihundertfünfzig Soldaten", "250 Soldaten"},
		{"dreitausend Soldaten", "3000 Soldaten"},
		{"treinta y dos soldados", "32 soldados"},
		{"al menos once soldados", "al menos 11 soldados"},
		{"doscientos cincuenta soldados", "250 soldados"},
		{"двенадцать солдат", "12 солдат"},
		{"двадцати пяти солдат", "25 солдат"},
		{"погибли трое", "погибли 3"},
		{"сто двадцать солдат", "120 солдат"},
		{"пять тысяч солдат", "5000 солдат"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!same_numbers(cases[i][0], cases[i][1]))
			fail_msg("%s: not as %s", cases[i][0], cases[i][1]);
}

TEST(millions_are_no_billions)
{
	static const char *const cases[][2] = {
		{"a budget of two million dollars", "a budget of two billion dollars"},
		{"a budget of 2 million dollars", "a budget of 2 billion dollars"},
		{"a budget of 2.5 million dollars", "a budget of 2.5 billion dollars"},
		{"a budget of 2m dollars", "a budget of 2bn dollars"},
		{"a million dollars", "a billion dollars"},
		{"deux millions de dollars", "deux milliards de dollars"},
		{"2 millions de dollars", "2 milliards de dollars"},
		{"zwei Millionen Euro", "zwei Milliarden Euro"},
		{"2 Mio. Euro", "2 Mrd. Euro"},
		{"dos millones de euros", "dos mil millones de euros"},
		{"dos millones de euros", "dos billones de euros"},
		{"два миллиона рублей", "два миллиарда рублей"},
		{"2 млн рублей", "2 млрд рублей"},
		{"이백만 명", "이백억 명"},
		{"200만 달러", "200억 달러"},
		{"二百万円", "二百億円"},
		{"200万円", "200億円"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (same_numbers(cases[i][0], cases[i][1]))
			fail_msg("%s: as %s", cases[i][0], cases[i][1]);
}

/* Version 2 knew no scales: against one of its sketches, a scale tells nothing. */
TEST(version_2_has_no_scales)
{
	struct sketch old = sketch_of("", "a budget of 2 million dollars");
	struct sketch same = sketch_of("", "a budget of two million dollars"),
		      other = sketch_of("", "a budget of 3 million dollars");
	struct number_overlap o;

	old.version = 2;
	o = sketch_number_overlap(&old, &same);
	assert_int_equal(o.shared, 1);
	o = sketch_number_overlap(&other, &old);
	assert_int_equal(o.shared, 0);
	/* it had "2 thousand" as 2 */
	old = sketch_of("", "a budget of 2 dollars");
	same = sketch_of("", "a budget of 2 thousand dollars");
	old.version = 2;
	o = sketch_number_overlap(&old, &same);
	assert_int_equal(o.shared, 1);
}

static size_t numbers_in(const char *text)
{
	return sketch_of("", text).number_count;
}

TEST(each_language_has_its_numbers)
{
	static const char *const cases[] = {"a dozen ships", "a hundred ships", "sept navires",
		"une douzaine de navires", "mille soldats", "hundert Soldaten", "ein Dutzend Schiffe", "mil soldados",
		"una docena de barcos", "тысяча солдат", "열두 명이 숨졌다", "열두명이 숨졌다", "세 명이 숨졌다",
		"다섯 명이 숨졌다", "스물다섯 명이 숨졌다", "이십 명이 숨졌다", "十二人が死亡", "三機を撃墜",
		"二十五人死亡", "up 6-1/8 at noon"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (numbers_in(cases[i]) != 1)
			fail_msg("%s: %zu numbers", cases[i], numbers_in(cases[i]));
}

TEST(other_words_are_no_numbers)
{
	static const char *const cases[] = {"one of the ships", "no one was hurt", "one another", "first of all",
		"thousands of people", "once in a while", "at once", "hundreds of people", "multi million deal",
		"un soldat", "eine Frau", "una mujer", "один из", "тысячи людей", "тысяч людей", "세계 대회",
		"두산 그룹", "한국 정부", "사천 지방", "三菱重工", "第一部", "千葉県", "万一の場合", "dozens of ships",
		"five-star"};

	for (size_t i = 0; i + 1 < sizeof(cases) / sizeof(cases[0]); i++)
		if (numbers_in(cases[i]) != 0)
			fail_msg("%s: %zu numbers", cases[i], numbers_in(cases[i]));
}

TEST(a_fraction_is_one_number)
{
	assert_false(same_numbers("up 6-1/8 at noon", "up 6-3/8 at noon"));
	assert_true(same_numbers("up 6-1/8 at noon", "up 6 1/8 at noon"));
	assert_int_equal(numbers_in("on 6 7 and 9"), 3);
}

TEST(a_month_stays_a_month)
{
	struct sketch s = sketch_of("", "on 12 Sept"), t = sketch_of("", "on 12 sept drones");

	assert_int_equal(s.number_count, 2);
	assert_int_equal(t.number_count, 2);
	assert_int_equal(s.numbers[0], t.numbers[0]);
	assert_false(same_numbers("abat sept drones", "abat huit drones"));
}

/* One day's report and the next day's. */
TEST(reports_of_two_days_are_apart)
{
	static const char *const days[][2] = {
		{"Patrol boats turned back four dinghies off the cape during the night, the guard said on its page. "
		 "Two sailors were treated for burns and six engines were seized at the pier.",
			"Patrol boats turned back nine dinghies off the cape during the night, the guard said on its "
			"page. Five sailors were treated for burns and eleven engines were seized at the pier."},
		{"Les garde-côtes ont arrêté quatre bateaux au large du cap pendant la nuit. Deux marins ont été "
		 "soignés et six moteurs saisis sur le quai.",
			"Les garde-côtes ont arrêté neuf bateaux au large du cap pendant la nuit. Cinq marins ont été "
			"soignés et onze moteurs saisis sur le quai."},
		{"Die Küstenwache hat in der Nacht vier Boote vor dem Kap gestoppt. Zwei Matrosen wurden behandelt und "
		 "sechs Motoren am Kai beschlagnahmt.",
			"Die Küstenwache hat in der Nacht neun Boote vor dem Kap gestoppt. Fünf Matrosen wurden "
			"behandelt und elf Motoren am Kai beschlagnahmt."},
		{"La guardia costera detuvo cuatro lanchas frente al cabo durante la noche. Dos marineros fueron "
		 "atendidos y se incautaron seis motores en el muelle.",
			"La guardia costera detuvo nueve lanchas frente al cabo durante la noche. Cinco marineros "
			"fueron atendidos y se incautaron doce motores en el muelle."},
		{"Береговая охрана ночью остановила четыре катера у мыса. Помощь оказали двоим матросам, на причале "
		 "изъяли шесть моторов, сообщили в ведомстве.",
			"Береговая охрана ночью остановила девять катеров у мыса. Помощь оказали пятерым матросам, на "
			"причале изъяли двенадцать моторов, сообщили в ведомстве."},
		{"해안경비대는 밤사이 곶 앞바다에서 보트 네 척을 세웠다고 밝혔다. 선원 두 명이 치료를 받았고 부두에서 "
		 "엔진 여섯 대를 압수했다고 덧붙였다.",
			"해안경비대는 밤사이 곶 앞바다에서 보트 아홉 척을 세웠다고 밝혔다. 선원 다섯 명이 치료를 "
			"받았고 부두에서 엔진 열두 대를 압수했다고 덧붙였다."},
		{"沿岸警備隊は夜間に岬の沖で小型船四隻を停止させたと発表した。船員二人が手当てを受け、岸壁でエンジン六"
		 "台を押収した。",
			"沿岸警備隊は夜間に岬の沖で小型船九隻を停止させたと発表した。船員五人が手当てを受け、岸壁でエン"
			"ジン十二台を押収した。"},
	};

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		struct story_reasons r = compare_texts("Coast guard", days[i][0], "Coast guard", days[i][1]);

		if (r.verdict == STORY_REPRINT)
			fail_msg("%s: joined, numbers %u of %u", days[i][0], r.numbers_shared, r.numbers_of);
		r = compare_texts("Coast guard", days[i][0], "Coast guard", days[i][0]);
		assert_int_equal(r.verdict, STORY_REPRINT);
	}
}

/* What is the same in both, in words, does not make up for figures that differ. */
TEST(words_do_not_outvote_figures)
{
	struct story_reasons r = compare_texts("Squadron sails",
		"Squadron 4 of the coastal fleet left the base on Monday for a week of drills with two allied navies",
		"Squadron sails",
		"Squadron 7 of the coastal fleet left the base on Monday for a week of drills with two allied navies");

	assert_int_equal(r.verdict, STORY_APART);
	assert_int_equal(r.why, STORY_WHY_NUMBERS);
}

/* A text that was kept before words were read as numbers has changed none when it is read anew. */
TEST(an_older_sketch_is_no_change)
{
	struct sketch after = sketch_of(
			      "Boats", "The guard stopped nine boats off the cape on 12 May and took them to port"),
		      before = after;

	before.version = 1;
	before.number_count = 0;
	for (size_t i = 0; i < after.number_count; i++)
		if ((after.numbers[i] & SKETCH_SPELLED) == 0)
			before.numbers[before.number_count++] = after.numbers[i];
	assert_int_equal(before.number_count + 1, after.number_count);
	assert_false(story_changes(&before, &after, 0).numbers);
	before.version = after.version;
	assert_true(story_changes(&before, &after, 0).numbers);
}
