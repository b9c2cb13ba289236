/* Copies in scripts whose words are not set apart by spaces, or carry their grammar with them.
 *
 * Each language has a report, an outlet's edited copy of it, and another report of the same kind: the copy must be
 * found, the other one kept apart, however much stock phrasing they share. */
#include "sketch_fixture.h"

static const struct language {
	const char *name;
	const char *title, *body;
	const char *copy_title, *copy_body;
	const char *other_title, *other_body;
} languages[] = {
	{
		.name = "Chinese",
		.title = "海军护航编队抵达亚丁湾执行任务",
		.body = "据国防部消息，海军第四十七批护航编队十五日抵达亚丁湾海域，与前一批编队完成任务交接。编队由导弹"
			"驱逐舰、"
			"护卫舰和综合补给舰各一艘组成，搭载两架直升机和数十名特战队员。编队指挥员表示，将继续为过往商船"
			"提供安全"
			"保障，并与各国海军开展联合演练。出航前，编队针对反海盗、人质营救和海上补给等课目进行了强化训练"
			"。",
		.copy_title = "我护航编队到达亚丁湾",
		.copy_body =
			"海军第四十七批护航编队十五日抵达亚丁湾海域，与前一批编队顺利完成任务交接。编队由导弹驱逐舰、"
			"护卫舰和综合补给舰各一艘组成，搭载两架直升机和数十名特战队员。指挥员表示，将继续为过往商船提供"
			"安全保障，并与各国海军开展联合演练。",
		.other_title = "海军远航训练编队返回青岛",
		.other_body = "据国防部消息，海军某远航训练编队二十日返回青岛军港，结束为期四十天的远海训练。编队由两艘"
			      "护卫舰和一艘"
			      "补给舰组成，先后经过三个海区，完成实弹射击、防空反导和海上搜救等课目。编队指挥员表示，训"
			      "练检验了"
			      "舰艇在复杂海况下的作战能力，为今后执行远洋任务积累了经验。",
	},
	{
		.name = "Japanese",
		.title = "護衛艦が日米共同訓練に参加",
		.body = "海上自衛隊は十日、沖縄周辺の海空域で米海軍と共同訓練を実施したと発表した。訓練には護衛艦二隻と"
			"哨戒機一機、"
			"米海軍の駆逐艦一隻が参加し、対潜戦や通信の手順を確認した。防衛省によると、訓練は部隊の戦術技量"
			"の向上と"
			"相互運用性の強化が目的で、特定の国を念頭に置いたものではないという。地元の漁協には事前に海域の"
			"使用を"
			"通知していた。",
		.copy_title = "海自と米海軍、沖縄で対潜訓練",
		.copy_body = "海上自衛隊は沖縄周辺の海空域で米海軍と共同訓練を実施したと発表した。訓練には護衛艦二隻と"
			     "哨戒機一機、"
			     "米海軍の駆逐艦一隻が参加し、対潜戦や通信の手順を確認した。訓練は部隊の戦術技量の向上と相"
			     "互運用性の"
			     "強化が目的で、特定の国を念頭に置いたものではないとしている。",
		.other_title = "航空自衛隊がレーダーを更新",
		.other_body = "航空自衛隊は十日、北海道のレーダーサイトで新型の警戒管制レーダーの運用を開始したと発表し"
			      "た。従来の装置は"
			      "導入から三十年以上が経過し、部品の調達が難しくなっていた。防衛省によると、新型は小型の無"
			      "人機や弾道"
			      "ミサイルの探知能力が高く、二年後までに全国の四か所に配備する計画だという。地元の自治体に"
			      "は事前に"
			      "工事の日程を説明していた。",
	},
	{
		.name = "Thai",
		.title = "กองทัพเรือรับมอบเรือฟริเกตลำใหม่",
		.body = "กองทัพเรือจัดพิธีรับมอบเรือฟริเกตลำใหม่ที่ฐานทัพเรือสัตหีบเมื่อวันศุกร์ที่ผ่านมา โดยมีผู้บัญชาการทหารเรือเป็นประธาน "
			"เรือลำนี้ติดตั้งระบบอำนวยการรบและเรดาร์ที่ทันสมัย สามารถปฏิบัติการได้ทั้งสามมิติ โฆษกกองทัพเรือกล่าวว่า "
			"เรือจะเริ่มลาดตระเวนในอ่าวไทยภายในสิ้นปีนี้ หลังจากกำลังพลฝึกใช้อาวุธและทดสอบระบบเสร็จสิ้น",
		.copy_title = "ทร. รับเรือฟริเกตใหม่เข้าประจำการ",
		.copy_body = "กองทัพเรือรับมอบเรือฟริเกตลำใหม่ที่ฐานทัพเรือสัตหีบ โดยมีผู้บัญชาการทหารเรือเป็นประธาน "
			     "เรือลำนี้ติดตั้งระบบอำนวยการรบและเรดาร์ที่ทันสมัย สามารถปฏิบัติการได้ทั้งสามมิติ "
			     "เรือจะเริ่มลาดตระเวนในอ่าวไทยภายในสิ้นปีนี้",
		.other_title = "กองทัพอากาศเริ่มการฝึกผสมกับมิตรประเทศ",
		.other_body =
			"กองทัพอากาศเริ่มการฝึกผสมกับมิตรประเทศที่กองบินหนึ่งจังหวัดนครราชสีมาเมื่อวันจันทร์ที่ผ่านมา โดยมีผู้บัญชาการทหารอากาศ"
			"เป็นประธาน การฝึกครั้งนี้มีเครื่องบินขับไล่เข้าร่วมสี่สิบลำ โฆษกกองทัพอากาศกล่าวว่า "
			"การฝึกจะดำเนินไปสองสัปดาห์และเปิดให้ประชาชนเข้าชมในวันสุดท้าย",
	},
	{
		.name = "Korean",
		.title = "해군 신형 호위함 실전 배치",
		.body = "해군은 신형 호위함이 전력화 훈련을 마치고 2함대에 실전 배치됐다고 밝혔다. 이 함정은 대잠 작전 "
			"능력을 크게 높인 "
			"것이 특징으로, 예인형 선배열 소나와 장거리 대잠 어뢰를 갖추고 있다. 함장은 승조원들이 석 달 "
			"동안 실사격과 야간 "
			"항해 훈련을 반복하며 팀워크를 다졌다고 말했다. 방위사업청은 같은 급 함정 네 척을 추가로 "
			"건조할 계획이라고 "
			"설명했다.",
		.copy_title = "신형 호위함, 2함대에 배치돼",
		.copy_body = "해군은 신형 호위함이 전력화 훈련을 모두 마치고 2함대에 실전 배치됐다고 전했다. 이 함정은 "
			     "대잠 작전 능력을 크게 "
			     "높인 것이 특징이며 예인형 선배열 소나와 장거리 대잠 어뢰를 갖췄다. 승조원들은 석 달 동안 "
			     "실사격과 야간 항해 "
			     "훈련을 반복했다. 방위사업청은 같은 급 함정 네 척을 추가로 건조할 계획이라고 밝혔다.",
		.other_title = "공군 수송기 해외 구호 임무 출발",
		.other_body = "공군은 대형 수송기가 지진 피해 지역에 구호 물자를 전달하기 위해 김해 기지를 출발했다고 "
			      "밝혔다. 이 수송기는 장거리 "
			      "비행 능력을 갖춘 것이 특징으로, 의약품과 천막 등 20톤을 실었다. 기장은 승무원들이 현지 "
			      "공항 사정을 반복해서 "
			      "점검하며 임무를 준비했다고 말했다. 국방부는 추가 지원 여부를 관계 부처와 협의할 "
			      "계획이라고 설명했다.",
	},
};

static void edited_copies_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		const struct language *l = &languages[i];
		struct story_reasons r = compare_texts(l->copy_title, l->copy_body, l->title, l->body);

		print_message("%s: copy %.2f, %u of %u\n", l->name, r.score, r.shared, r.of);
		assert_int_equal(r.verdict, STORY_REPRINT);
	}
}

static void reports_of_one_kind_stay_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		const struct language *l = &languages[i];
		struct story_reasons r = compare_texts(l->other_title, l->other_body, l->title, l->body);

		print_message("%s: other %.2f, %u of %u\n", l->name, r.score, r.shared, r.of);
		assert_int_equal(r.verdict, STORY_APART);
		assert_true(r.score < 0.25);
	}
}

/* Every Chinese text has these characters, in another order. */
static void characters_alone_are_no_evidence(void **state)
{
	struct story_reasons r =
		compare_texts("国防部发言人就演习答记者问", "国防部发言人表示，演习按计划进行，参演部队完成全部课目。",
			"记者就计划问国防部发言人", "部队演习课目全部完成，国防部发言人按计划答记者，进行表示。");

	(void)state;
	assert_int_not_equal(r.verdict, STORY_REPRINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edited_copies_are_found),
		cmocka_unit_test(reports_of_one_kind_stay_apart),
		cmocka_unit_test(characters_alone_are_no_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
