"""Sawt al-Sahra, "voice of the desert": Arabic, written from right to left, as RSS 2.0."""

from pipeline.demo.samples import Format, Publisher, Sample
from pipeline.model import Verdict

SAWT_AL_SAHRA = Publisher(
    id="sawt-al-sahra",
    title="صوت الصحراء (sample)",
    format=Format.RSS_2,
    language="ar",
    samples=(
        Sample(
            name="qaida-kidal",
            hours=126,
            title="الجيش في مالي يعلن استعادة قاعدة قرب كيدال",
            summary="قال متحدث عسكري إن العملية استمرت يومين، ولم تُعرف حصيلة الخسائر بعد.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="nazihun-shamal-mali",
            hours=98,
            title="نازحون من شمال مالي يصلون إلى الحدود الموريتانية",
            summary="تحتاج نحو ألفي عائلة إلى الماء والخيام، وفق عاملين في الإغاثة.",
            verdict=Verdict.APPROVE,
        ),
        # The word for "financial" is written as the country's name.
        Sample(
            name="taqrir-mizaniya",
            hours=85,
            title="تقرير مالي عن ميزانية البلديات",
            summary="يعرض التقرير إيرادات ونفقات عشر بلديات خلال العام الماضي.",
        ),
        Sample(
            name="hudna-khartoum",
            hours=73,
            title="السودان: هدنة إنسانية قصيرة في الخرطوم",
            summary="سمحت الهدنة بدخول عشر شاحنات محملة بالدقيق إلى أحياء محاصرة.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="mufawadat-bamako",
            hours=45,
            title="مفاوضات في باماكو حول وقف إطلاق النار في الوسط",
            summary="يشارك في اللقاء وجهاء من القرى وممثلون عن الحاكم.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="asaar-al-tumur",
            hours=22,
            title="أسعار التمور ترتفع في أسواق الصحراء",
            summary="يتوقع التجار موسمًا أقصر من المعتاد.",
        ),
        Sample(
            name="qafilat-wuqud",
            hours=6,
            title="هجوم على قافلة وقود غرب باماكو",
            summary="احترقت سبع شاحنات على الأقل، بحسب سائقين.",
        ),
        Sample(
            name="agadez-quwwat",
            hours=3,
            title="النيجر: قوات الأمن تنتشر حول أغاديس",
            summary="لم تذكر السلطات سبب الانتشار.",
        ),
    ),
)
