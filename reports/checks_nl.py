"""Checks in Dutch, for pages and alerts: title, what the pipeline did, whom to ask. English is in the rules.

Only words: what goes into a digest is decided in ``pipelines/alerts/send.py``, what is on a page in ``reports/tables``.
"""

from typing import NamedTuple


class Words(NamedTuple):
    """A check in Dutch; ``done`` is what happens when it does not block."""

    title: str
    done: str
    ask: str


REFUSED = "De aanlevering is geweigerd; de laatste goedgekeurde wordt gebruikt"
REFUSED_BROKEN = f"{REFUSED}, tot de controle weer werkt"
NOT_USED = "Er is niets van gebruikt: de aanlevering is geweigerd"
USED = "De aanlevering wordt gebruikt"
USED_BROKEN = f"{USED}, zonder deze controle"
MEND_CHECK = "de controle herstellen en de run herhalen; met de data is misschien niets mis"
_APART = "Deze regels staan in quarantaine en in geen enkel cijfer; de rest van de aanlevering wordt gebruikt"
_AS_IT_IS = f"{USED}; het bedrag telt zoals het er staat"
_KEPT = f"{USED}; er is niets gecorrigeerd"
_FORECAST = "De prognose wordt gebruikt"
_RESEND = "het bestand herstellen en opnieuw aanleveren"
_ASK_NEW = "bij de Wlz-uitvoerder en Vektis om een nieuwe aanlevering vragen"
_ASK_PROVIDER = "de Wlz-uitvoerder vragen het met de zorgaanbieder na te gaan"
_ASK_WHY = "de Wlz-uitvoerder vragen wat de verklaring is"
_EXPLAIN = "de reeks bekijken met wlz explain"

DUTCH: dict[str, Words] = {
    "contract": Words(
        "tabel volgt haar contract",
        "De run stopt hier; uit deze tabel wordt niets gepubliceerd",
        "de stap die de tabel schrijft herstellen, of het contract, en de run herhalen",
    ),
    "D01": Words("bestand en kolommen", "Het bestand is overgeslagen: er is niets van gebruikt", _RESEND),
    "D02": Words(
        "zorgkantoorcodes",
        REFUSED,
        "de Wlz-uitvoerder vragen welke regio bedoeld is, of de code met haar data opnemen in de lijst",
    ),
    "D02-rows": Words(
        "prestatie- en eenheidcodes",
        _APART,
        "de regels in quarantaine bekijken; de Wlz-uitvoerder vragen, of een nieuwe code opnemen in de lijst",
    ),
    "D03": Words("één regel per sleutel", REFUSED, _RESEND),
    "D04": Words("herhaalde aanlevering", REFUSED, _ASK_NEW),
    "D05": Words("verdubbelde aanlevering", REFUSED, _ASK_NEW),
    "D06": Words("zorgmaand binnen bereik", REFUSED, _RESEND),
    "D06-dates": Words("datums binnen bereik", REFUSED, _RESEND),
    "D07": Words(
        "aanleverdatum in de aanlevermaand",
        "De aanlevering telt voor rondes met een peildatum op of na haar laatste datum",
        "het bestand in de map van zijn maand zetten, of de datum laten herstellen",
    ),
    "D09": Words(
        "aanleveringen tellen op",
        "Het advies is gepubliceerd; wat ontbreekt staat in geen cijfer",
        "in marts.delivery_balance kijken naar unexplained, en het melden met de aanlevering",
    ),
    "D07-gap": Words("ontbrekende aanlevermaand", USED, "de ontbrekende aanlevering alsnog vragen"),
    "D07-reversal": Words("aanleverdatum loopt terug", REFUSED, "de laatste aanlevering opnieuw vragen"),
    "D08": Words("deel van de aanlevering ontbreekt", REFUSED, _ASK_NEW),
    "D04-rows": Words(
        "niets nieuws",
        f"{USED}; de cijfers blijven die van de aanlevering ervoor",
        "de afzender om de aanlevering van deze maand vragen",
    ),
    "D14": Words(
        "hele kolom veranderd",
        REFUSED,
        "de afzender vragen wat er anders is; de controle accepteren als het nieuwe bestand klopt",
    ),
    "D10": Words(
        "één regel ver van zijn reeks",
        REFUSED,
        "de regel laten herstellen en opnieuw aanleveren; de controle accepteren als hij klopt",
    ),
    "D11": Words(
        "aanlevering niet compleet",
        REFUSED,
        "om de hele aanlevering vragen; de controle accepteren als zo weinig klopt",
    ),
    "D12": Words(
        "verleden anders verteld",
        f"{USED}; de nieuwe cijfers tellen",
        "de afzender vragen wat er gecorrigeerd is",
    ),
    "L01": Words(
        "uitvoerder of zorgkantoor ontbreekt",
        f"{USED}; scenario's die van elke uitvoerder de laatste maanden nodig hebben, vervallen",
        "bij de Wlz-uitvoerder en Vektis nagaan of de declaraties verstuurd zijn, en opnieuw aanleveren",
    ),
    "L02": Words(
        "uitvoerder is laat",
        "Zijn maanden zijn aangevuld naar het deel dat er is; de aanlevering telt niet mee voor de na-ijlcurve",
        "de Wlz-uitvoerder om een actuele aanlevering vragen",
    ),
    "L03": Words(
        "uitvoerder declareert in een ander tempo",
        "Zijn na-ijlcurve is voor de jongste maanden evenveel verschoven",
        "de Wlz-uitvoerder vragen of de wijze van declareren blijvend anders is",
    ),
    "L04": Words("uitvoerder heeft ingehaald", f"{USED}, en telt niet mee voor zijn curve", "geen"),
    "L05": Words(
        "maand ontbreekt",
        f"{USED}; de maand blijft 0 in de reeks",
        "de Wlz-uitvoerder om de maand vragen en opnieuw aanleveren",
    ),
    "L05-silent": Words(
        "reeks is stilgevallen",
        "De stille maanden gelden als niet aangeleverd: wat verwacht werd telt",
        "de Wlz-uitvoerder vragen, of het einde van de code opnemen in de lijst van prestaties",
    ),
    "L05-family": Words(
        "een code ging onder een andere verder",
        "Voor de oude code is niets bijgeschat; haar verleden telt naar rato mee bij de nieuwe",
        "de opvolger vastleggen (wlz reference confirm), of de Wlz-uitvoerder vragen waar de zorg bleef",
    ),
    "L06": Words("volledigheid verschuift", "De curve wordt gebruikt zoals zij is", "marts.lag_curve bekijken"),
    "L07": Words(
        "volledigheid buiten bereik",
        "Voor de groep wordt de curve van de uitvoerder gebruikt",
        "de groep bekijken in marts.lag_curve",
    ),
    "L08": Words("late wijziging in een afgesloten maand", USED, _ASK_WHY),
    "L09": Words("na-ijlpercentage buiten de historie", USED, "het percentage bij de Wlz-uitvoerder nagaan"),
    "L09-moved": Words(
        "na-ijl verschoven",
        "Het percentage telt in scenario's die de na-ijl optellen; zonder percentage telt het afgeleide aandeel",
        "de Wlz-uitvoerder vragen om de declaraties van dat jaar zoals nu en een jaar geleden bekend",
    ),
    "D02-name": Words(
        "namen van Wlz-uitvoerders",
        "De regel is bewaard en telt voor niemand; de rest van de aanlevering is gebruikt",
        "vragen wie bedoeld is, en de schrijfwijze of vroegere naam met datums in reference/uitvoerders.csv zetten",
    ),
    "L09-name": Words(
        "na-ijl die voor niemand telt",
        "Het percentage is buiten beschouwing gelaten; zonder percentage geldt het aandeel uit de declaraties",
        "de vroegere naam in reference/uitvoerders.csv zetten, of de na-ijl van de regio's zoals ze nu zijn vragen",
    ),
    "L10": Words("kalendereffect in de na-ijl", "De curve wordt gebruikt", "de aanleveringen van die maand bekijken"),
    "L11": Words(
        "banden dekken te weinig",
        "De banden zijn gebruikt zoals ze zijn",
        "de banden verbreden of een andere methode kiezen",
    ),
    "L14": Words(
        "het meeste van een uitvoerder verliet zijn niveau",
        "De maanden zijn aangevuld en doorgetrokken zoals ze zijn",
        "de Wlz-uitvoerder vragen wat er veranderde; het advies tot dan op de vorige aanlevering laten rusten",
    ),
    "L12": Words("zorgaanbieder is laat of wijkt af", USED, _ASK_PROVIDER),
    "L12-large": Words("grote zorgaanbieder is laat of wijkt af", USED, _ASK_PROVIDER),
    "V01": Words("negatief totaal", _AS_IT_IS, "de Wlz-uitvoerder om de correctie vragen die te ver gaat"),
    "V01-national": Words("landelijk negatief totaal", REFUSED, _ASK_NEW),
    "V02": Words("maand is naar beneden bijgesteld", USED, _ASK_WHY),
    "V03": Words(
        "laatste maand opzijgezet",
        "Buiten scenario letter telt voor de maand wat ervan verwacht werd",
        "de uitvoerder vragen; een overschrijving met reden neemt de maand zoals zij is",
    ),
    "V03-level": Words("plotseling ander niveau", USED, _ASK_WHY),
    "V04": Words("niveau blijft anders", "Er is niets gewijzigd", f"{_EXPLAIN}; overschrijven met reden als het klopt"),
    "V05-ended": Words(
        "vervallen codes die een scenario niet volgt",
        "Het scenario is volgens zijn methode berekend en is hierdoor te laag",
        "completed of base lezen; letter niet over zo'n jaar vergelijken",
    ),
    "V05": Words(
        "declaraties zonder prognose",
        "Wat gedeclareerd is telt, en voor de rest van het jaar niets",
        "de opvolger in de codelijst nagaan",
    ),
    "V06": Words(
        "reeks volgens een regel",
        "Beëindigde codes zijn 0, een opvolger neemt de maanden over, de rest krijgt een gemiddelde",
        "geen, tenzij een code niet beëindigd is",
    ),
    "V07": Words(
        "som tegen controletotaal",
        REFUSED,
        "het bestand opnieuw aanleveren, of het controlebestand als dat onjuist is",
    ),
    "P01": Words("prijs boven het wettelijk maximum", _AS_IT_IS, _ASK_PROVIDER),
    "D02-limit": Words(
        "te veel apart gezet",
        REFUSED,
        "een nieuwere lijst inlezen: wlz reference import BESTAND --into LIJST, dan wlz reference check LIJST; of "
        "codes, eenheden of bedragen laten herstellen",
    ),
    "D02-roles": Words(
        "codes zonder hun rol",
        "De declaraties tellen als gewone zorg; wat daarbuiten wordt afgerekend, komt er niet bij",
        "de code met de reden opnemen in roles.csv van de lijst; wlz reference check LIJST noemt ze",
    ),
    "D02-age": Words(
        "lijst van codes ouder dan het jaar",
        "Codes die de lijst kent en die niet geëindigd zijn, zijn gebruikt zoals ze er staan",
        "een nieuwere lijst inlezen: wlz reference import BESTAND --into LIJST, en die noemen met WLZ_REFERENCE",
    ),
    "P02": Words(
        "prijs niet positief", _APART, "de regels in quarantaine bekijken en de juiste bij de Wlz-uitvoerder vragen"
    ),
    "P03": Words("prijs ver van andere uitvoerders", f"{USED}; de prijs telt zoals hij is", _ASK_WHY),
    "P04": Words(
        "prijssprong binnen het jaar",
        f"{USED}; de prijs van het jaar is het gemiddelde van de maanden",
        "de Wlz-uitvoerder vragen wat er in die maand veranderde",
    ),
    "P05": Words(
        "volume zonder prijs",
        "Het volume telt voor € 0 mee in de totalen",
        "de Wlz-uitvoerder om de afgesproken prijs vragen, of de code herstellen",
    ),
    "P06": Words(
        "prijs van vorig jaar boven het maximum",
        "De prijs is gebruikt zoals hij uit de verhouding volgt",
        "de Wlz-uitvoerder om de afgesproken prijs vragen, of overschrijven met reden",
    ),
    "P07": Words("prijs op weinig volume", "De prijs wordt gebruikt", "vergelijken met de prijs van vorig jaar"),
    "P08": Words(
        "prijs op een tarief van de lijst",
        "Het tarief van de lijst is gebruikt",
        "vergelijken met de beleidsregel van het jaar, of beleidsregelwaarden aanleveren",
    ),
    "X01": Words(
        "extra post doorgetrokken",
        "De laatst bekende verhouding is gebruikt, met ruimere grenzen voor elk jaar dat zij oud is",
        "de Wlz-uitvoerder om nacalculatie of herschikking van vorig jaar vragen",
    ),
    "X02": Words(
        "extra post weggelaten",
        "De post is leeg; wat alleen op declaraties rust is te laag",
        "nacalculatie van een eerder jaar vragen, of de post opnemen in de uitgangspunten van het jaar",
    ),
    "X03": Words(
        "extra post onder zijn declaraties",
        "De post is gebruikt zoals hij uit de afrekeningen volgt",
        "de codes in nacalculatie en herschikking bekijken; de post opnemen in de uitgangspunten als hij niet klopt",
    ),
    "U01": Words(
        "uren en minuten verwisseld",
        f"{USED}; wat het volume bevestigt telt in de juiste eenheid, voor de rest is niets gecorrigeerd",
        _ASK_PROVIDER,
    ),
    "U02": Words("andere eenheid", _KEPT, _ASK_PROVIDER),
    "U03": Words("twee eenheden door elkaar", _KEPT, f"de regels met de onjuiste eenheid zoeken; {_ASK_PROVIDER}"),
    "U04": Words("eenheid niet eenduidig", _KEPT, f"vragen in welke eenheid het volume is; {_ASK_PROVIDER}"),
    "U-scale": Words("bedrag een factor te hoog of te laag", _AS_IT_IS, _ASK_PROVIDER),
    "U-volume": Words("volume en bedrag 60 keer te hoog", REFUSED, _ASK_PROVIDER),
    "U-agreed": Words(
        "afspraak in een andere eenheid",
        "Ongeveer 60 keer is gedeeld door 60, zoals de NZa doet; elke andere prijs is gebruikt zoals afgesproken",
        "de Wlz-uitvoerder de eenheid laten bevestigen",
    ),
    "U-agreed-unused": Words(
        "afspraak in een andere eenheid, niet gebruikt", "Op deze afspraken rust geen prijs", "geen"
    ),
    "K01": Words("kader telt niet op", REFUSED, "het kader of de overheveling opnieuw aanleveren"),
    "K02": Words(
        "verwachting zonder kader",
        "De verwachting staat tegenover een kader van 0",
        "het kader van de regio aanleveren en de run herhalen",
    ),
    "V09": Words(
        "eerder vertelde maanden zijn verschoven",
        f"{USED} met de nieuwe bedragen; geweigerd als dat een te groot deel van een jaar is",
        _ASK_WHY,
    ),
    "V08": Words(
        "één declaratieregel ver van zijn reeks",
        REFUSED,
        "de Wlz-uitvoerder om de juiste regel vragen; de controle accepteren als hij klopt",
    ),
    "K03": Words(
        "kader verschoven of gedaald zonder overheveling",
        REFUSED,
        "met de beleidsregel vergelijken; de overhevelingen of het kader opnieuw aanleveren",
    ),
    "K04": Words("kader gestegen", f"{USED}; de nieuwe stand telt", "de stijging per regio naast de kaderbrief leggen"),
    "D15": Words(
        "verwachte aanlevering ontbreekt",
        "Het advies rust op de aanlevering ervoor, of op wat ervoor in de plaats komt",
        "de afzender erom vragen en de run herhalen; komt er geen, dan dat bij de cijfers zeggen",
    ),
    "D16": Words(
        "nieuwe periode uit de pas",
        f"{USED}; de nieuwe periode telt zoals zij is aangeleverd",
        "de afzender vragen wat er ontbreekt of waarom het zo veranderde; de controle accepteren als het klopt",
    ),
    "K05": Words(
        "overhevelingen na het kader",
        f"{USED}; het kader telt zoals de jongste stand zegt, zonder deze overhevelingen",
        "om het kader met deze overhevelingen vragen",
    ),
    "G03": Words(
        "pgb-stand die niet kan",
        REFUSED,
        "het zorgkantoor naar de stand vragen; de controle accepteren als er echt is ingetrokken",
    ),
    "G01": Words("pgb-stand daalt of herhaalt zich", USED, "het zorgkantoor naar de stand vragen"),
    "G02": Words("pgb-afwijking zonder verklaring", USED, "het zorgkantoor om een toelichting vragen"),
    "A01": Words("afspraken boven de contracteerruimte", USED, "bij de toets van de afspraken betrekken"),
    "F01": Words(
        "sprong in de prognose",
        "Buiten scenario letter is het jaar op de naaste grens gehouden, als het jaar ervoor bekend is",
        "overschrijven met reden in het bestand met aannames als de sprong klopt",
    ),
    "F01-advice": Words("advies wijkt af van het vorige", _FORECAST, "nagaan wat bewoog in marts.forecast_bridge"),
    "F02": Words("modellen zijn het oneens", _FORECAST, _EXPLAIN),
    "due": Words(
        "declaraties niet op tijd",
        "Het advies blijft rusten op de laatste goedgekeurde aanlevering",
        "de Wlz-uitvoerders en Vektis vragen wanneer de declaraties komen",
    ),
    "run": Words(
        "run mislukt",
        "Er is niets nieuws gepubliceerd; wat gepubliceerd was staat er nog",
        "de run bekijken in Dagster, de oorzaak herstellen en de maand herhalen",
    ),
    "withdrawn": Words(
        "advies ingetrokken",
        "De cijfers en bladzijden blijven staan, met wie het introk; het advies ervoor is weer het nieuwste",
        "het ingetrokken advies niet meer gebruiken",
    ),
}
