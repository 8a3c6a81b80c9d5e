"""Names of people, places, streets and firms, known and made up, so that what nobody has heard of is copied."""

from __future__ import annotations

from random import Random

MEN = """Adam Ahmed Alexander Ali Andreas Anton Ben Bernd Boris Carlos Christian Daniel David Dieter Dmitri Elias Emil
Erik Felix Finn Florian Frank Georg Giovanni Hans Harry Henry Igor Ivan Jack Jakob James Jan Jens John Jonas José
Julian Jürgen Karl Kenji Klaus Leon Liam Lukas Luis Manfred Marco Mark Martin Max Maximilian Mehmet Michael Mohammed
Moritz Nico Noah Oliver Omar Oskar Otto Pablo Paul Pedro Peter Philipp Pierre Rainer Robert Said Sami Sebastian Simon
Stefan Stephen Steven Sven Andrew Anthony Brian Charles Charlie Chris Christoph Dennis Edward Eric Erich Ernst Franz
Fritz George Gerhard Günter Heinrich Heinz Helmut Herbert Hermann Horst Jason Jeff Jim Joe Johannes Jonathan Joseph
Josef Justin Kevin Kurt Larry Ludwig Luca Luke Marcel Matthew Matthias Mike Nick Norbert Patrick Phil Ralf Ray Richard
Roland Rolf Roger Ryan Sam Scott Steve Ted Theo Thomas Tim Tony Torsten Udo Ulrich Volker Wilhelm Tobias Uwe Walter
Werner William Wolfgang Xaver Yusuf""".split()  # noqa: SIM905
WOMEN = """Aisha Alice Amelie Ana Andrea Angela Anna Antonia Ayşe Barbara Birgit Carla Charlotte Chiara Claudia Clara
Daniela Diana Elena Elif Elisabeth Ella Emilia Emma Eva Fatima Franziska Gabriele Greta Hanna Heike Helga Ingrid Irina
Isabel Jana Jasmin Jennifer Johanna Julia Karin Katharina Laura Lea Lena Lina Lisa Lucy Magda Manuela Marta Martina Mia
Amy Anja Anke Anne Annette Beate Brigitte Christa Christina Christine Cornelia Doris Edith Elisa Elizabeth Emily Erika
Frieda Gisela Grace Hannah Helen Helene Ida Inge Jane Jessica Judith Karen Kate Kathrin Kerstin Kim Kristin Leonie
Linda Luisa Marie Marion Melanie Michelle Miriam Nicole Regina Rebecca Sarah Sonja Steffi Susan Ute Vanessa Verena
Veronika Waltraud Monika Nadine Natalia Nina Olga Olivia Paula Petra Renate Rosa Ruth Sabine Sandra Sara Silke Sofia
Sophie Stefanie Susanne Tanja Ursula Valentina Vera Wendy Yasmin Yumi Zoe""".split()  # noqa: SIM905
_LAST = """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Bauer Richter Klein Wolf
Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier Huber Kaiser
Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz
Merkel Merz Kohl Steinmeier Lindner Habeck Baerbock Söder Trump Obama Biden Macron Putin Baumann Franke Albrecht
Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich
Brandt Haas Schreiber Graf Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff
Pfeiffer Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson Taylor Clark Lewis Walker Anderson Thompson
Moore Jackson White Harris Robinson Young Wright Scott Green Baker Adams Nelson Carter Mitchell Campbell Roberts Turner
Phillips Evans Edwards Collins Stewart Morris Rogers Reed Cook Morgan Bell Bailey Cooper Richardson Cox Howard Ward
Peterson Gray Watson Brooks Kelly Sanders Bennett Wood Ross Henderson Yılmaz Kaya Demir Nowak Kowalski Novák Rossi
Ferrari Silva Santos Ivanov Petrov Tanaka Suzuki Kim Nguyen Singh Khan Hansen Jensen Larsen Andersson Johansson O'Brien
Murphy Dubois Lefebvre""".split()  # noqa: SIM905
_KNOWN = """Angela Merkel|Olaf Scholz|Friedrich Merz|Helmut Kohl|Willy Brandt|Helmut Schmidt|Gerhard Schröder|Konrad
Adenauer|Ursula von der Leyen|Annalena Baerbock|Robert Habeck|Frank-Walter Steinmeier|Otto von Bismarck|Barack
Obama|Donald Trump|Joe Biden|Bill Clinton|George Washington|Abraham Lincoln|John F. Kennedy|Margaret Thatcher|Winston
Churchill|Emmanuel Macron|Charles de Gaulle|Nelson Mandela|Martin Luther King|Albert Einstein|Marie Curie|Isaac
Newton|Max Planck|Alexander von Humboldt|Charles Darwin|Stephen Hawking|Sigmund Freud|Immanuel Kant|Friedrich
Nietzsche|Karl Marx|Hannah Arendt|Martin Luther|Johann Wolfgang von Goethe|Friedrich Schiller|Heinrich Heine|Franz
Kafka|Thomas Mann|Bertolt Brecht|Günter Grass|Hermann Hesse|William Shakespeare|Charles Dickens|Jane Austen|Agatha
Christie|Mark Twain|Ernest Hemingway|Astrid Lindgren|Michael Ende|Cornelia Funke|Johann Sebastian Bach|Ludwig van
Beethoven|Wolfgang Amadeus Mozart|Johannes Brahms|Richard Wagner|Clara Schumann|Elvis Presley|Michael Jackson|Madonna|
Taylor Swift|Herbert Grönemeyer|Nena|Vincent van Gogh|Pablo Picasso|Leonardo da Vinci|Albrecht Dürer|Paul Klee|Caspar
David Friedrich|Steffi Graf|Boris Becker|Michael Schumacher|Jürgen Klopp|Franz Beckenbauer|Lionel Messi|Cristiano
Ronaldo|Usain Bolt|Serena Williams|Marlene Dietrich|Romy Schneider|Charlie Chaplin|Marilyn Monroe|Leonardo
DiCaprio|Meryl Streep|Steven Spielberg|Christoph Waltz|Bill Gates|Steve Jobs|Elon Musk|Carl Benz|Rudolf Diesel|Johannes
Gutenberg|Ada Lovelace|Alan Turing|Konrad Zuse|Neil Armstrong|Sophie Scholl|Anne Frank|Claus von Stauffenberg"""
_PLACES = """Berlin Hamburg Frankfurt Stuttgart Dortmund Essen Leipzig Bremen Dresden Duisburg Bochum Wuppertal Bonn
Mannheim Karlsruhe Augsburg Wiesbaden Kiel Magdeburg Freiburg Erfurt Rostock Mainz Kassel Potsdam Ulm Heidelberg
Darmstadt Regensburg Ingolstadt Trier Jena Konstanz Lübeck Göttingen Tübingen Passau Bamberg Bayreuth Weimar Salzburg
Graz Linz Innsbruck Basel Bern Luzern Paris London Madrid Barcelona Amsterdam Oslo Stockholm Dublin Budapest Lyon
Chicago Boston Toronto Sydney Melbourne Tokyo Osaka Seattle Dallas Miami Houston Oxford Manchester Liverpool Edinburgh
Portugal Japan China Thailand Vietnam Israel Iran Peru Chile Texas Florida Brandenburg Bielefeld Münster Aachen Koblenz
Würzburg Rosenheim Schwerin Madeira Malta Bali Düsseldorf Halle Chemnitz Oberhausen Hagen Gelsenkirchen Krefeld
Leverkusen Osnabrück Oldenburg Paderborn Saarbrücken Cottbus Wolfsburg Gera Zwickau Flensburg Fulda Gießen Marburg
Siegen Hildesheim Heilbronn Reutlingen Offenburg Eisenach Görlitz Bautzen Stralsund Greifswald Wismar Emden Cuxhaven
Lüneburg Celle Hameln Minden Gütersloh Detmold Erlangen Fürth Coburg Landshut Kempten Lindau Ravensburg Worms Speyer
Kaiserslautern Göppingen Sindelfingen Villach Klagenfurt Bregenz Lausanne Winterthur Lugano Chur Davos Marseille
Bordeaux Toulouse Lille Bilbao Valencia Porto Rotterdam Utrecht Bergen Helsinki Riga Vilnius Tallinn Minsk Istanbul
Ankara Izmir Dubai Mumbai Delhi Bangkok Hanoi Jakarta Manila Seoul Shanghai Nairobi Lagos Santiago Bogotá Lima
Philadelphia Denver Atlanta Detroit Phoenix Portland Austin Baltimore Pittsburgh Cleveland Memphis Nashville Orlando
Minneapolis Washington Ohio Michigan Illinois Virginia Georgia Oregon Arizona Colorado Utah Nevada Alaska Hawaii
Montreal Vancouver Ottawa Brisbane Perth Auckland Birmingham Leeds Glasgow Cardiff Bristol Cambridge Belfast Brighton
Sheffield Pakistan Afghanistan Bangladesh Nepal Venezuela Nigeria Ghana Ecuador Taiwan Panama""".split()  # noqa: SIM905
# Places that have a name in each language, German/English.
TRANSLATED = """München/Munich Köln/Cologne Wien/Vienna Zürich/Zurich Genf/Geneva Nürnberg/Nuremberg Rom/Rome
Mailand/Milan Venedig/Venice Prag/Prague Warschau/Warsaw Brüssel/Brussels Kopenhagen/Copenhagen Moskau/Moscow
Athen/Athens Lissabon/Lisbon Neapel/Naples Straßburg/Strasbourg Hannover/Hanover Braunschweig/Brunswick
Florenz/Florence Turin/Turin Krakau/Krakow Danzig/Gdansk Bukarest/Bucharest Antwerpen/Antwerp Brügge/Bruges Gent/Ghent
Nizza/Nice Tokio/Tokyo Peking/Beijing Singapur/Singapore Kairo/Cairo Havanna/Havana Luzern/Lucerne Bayern/Bavaria
Sachsen/Saxony Hessen/Hesse Tirol/Tyrol Kalifornien/California Sizilien/Sicily Sardinien/Sardinia Mallorca/Majorca
Europa/Europe Afrika/Africa Asien/Asia Deutschland/Germany Österreich/Austria Frankreich/France Italien/Italy
Spanien/Spain Griechenland/Greece Polen/Poland Tschechien/Czechia Ungarn/Hungary Rumänien/Romania Bulgarien/Bulgaria
Kroatien/Croatia Serbien/Serbia Russland/Russia Schweden/Sweden Norwegen/Norway Dänemark/Denmark Finnland/Finland
Irland/Ireland Schottland/Scotland Belgien/Belgium Luxemburg/Luxembourg Indien/India Brasilien/Brazil
Argentinien/Argentina Mexiko/Mexico Kanada/Canada Australien/Australia Ägypten/Egypt Marokko/Morocco Kenia/Kenya
Äthiopien/Ethiopia Indonesien/Indonesia Kuba/Cuba Göteborg/Gothenburg Sevilla/Seville Kiew/Kyiv Teheran/Tehran
Bagdad/Baghdad Damaskus/Damascus Belgrad/Belgrade Algier/Algiers Island/Iceland Lettland/Latvia Litauen/Lithuania
Estland/Estonia Slowenien/Slovenia Albanien/Albania Armenien/Armenia Zypern/Cyprus Syrien/Syria Jordanien/Jordan
Libyen/Libya Tunesien/Tunisia Algerien/Algeria Kamerun/Cameroon Tansania/Tanzania Bolivien/Bolivia Kolumbien/Colombia
Thüringen/Thuringia Niedersachsen/Lower_Saxony Neuseeland/New_Zealand Südafrika/South_Africa Südkorea/South_Korea
Nordkorea/North_Korea Großbritannien/Great_Britain Hongkong/Hong_Kong Westfalen/Westphalia Schwaben/Swabia
Schlesien/Silesia Katalonien/Catalonia""".split()  # noqa: SIM905
_STREETS = """Schiller Goethe Garten Haupt Bahnhof Schul Mozart Beethoven Kirch Linden Rosen Berg Wald Bach Lessing
Friedrich Kaiser Luisen Park Markt Burg Hafen Mühlen Birken Eichen Ring""".split()  # noqa: SIM905
_FIRMS = """Siemens Bosch Volkswagen Bayer Allianz Lufthansa Adidas Nokia Ikea Toyota Sony Google Microsoft Amazon
Philips Renault Nestlé Novartis Airbus Continental Henkel Miele Porsche Audi Mercedes Opel Telekom Vodafone Aldi Lidl
Edeka Rewe Apple Samsung Netflix Intel Boeing Ford Honda Shell Puma Nike Zalando Otto""".split()  # noqa: SIM905
_ONSETS = "b br ch d f fl g gr h j k kl l m n p r s sch st t tr v w z".split()  # noqa: SIM905
_RHYMES = "a al an ar e el em en er i in ing o ol on or u ul um ö ü ei au".split()  # noqa: SIM905
_PLACE_ENDS = "burg berg dorf heim hausen stadt feld bach furt stein au tal hagen rode".split()  # noqa: SIM905
_LAST_ENDS = "er mann hauser berger bauer ner meier hofer ler ke ski ow ic".split()  # noqa: SIM905


KNOWN = [name.strip() for name in " ".join(_KNOWN.split("\n")).split("|")]


def made_up(draws: Random) -> str:
    """Return a name that nobody has heard of."""
    sounds = (draws.choice(_ONSETS) + draws.choice(_RHYMES) for _ in range(draws.choice((2, 2, 3))))
    return "".join(sounds).capitalize()


def first_name(draws: Random) -> str:
    """Return the first name of somebody."""
    return made_up(draws) if draws.random() < 0.25 else draws.choice(MEN if draws.random() < 0.5 else WOMEN)


def last_name(draws: Random) -> str:
    """Return a family name."""
    if draws.random() < 0.6:
        return draws.choice(_LAST)
    return f"{_syllables(draws)}{draws.choice(_LAST_ENDS)}".capitalize()


def known(draws: Random) -> str:
    """Return the name of somebody whom many know."""
    return draws.choice(KNOWN)


def place(draws: Random) -> dict[str, str]:
    """Return a place, as each language calls it."""
    if draws.random() < 0.35:
        de, en = draws.choice(TRANSLATED).split("/")
        return {"de": de, "en": en.replace("_", " ")}
    name = draws.choice(_PLACES) if draws.random() < 0.6 else _syllables(draws) + draws.choice(_PLACE_ENDS)
    return {"de": name.capitalize(), "en": name.capitalize()}


def street(draws: Random) -> str:
    """Return a street."""
    end = draws.choice(("straße", "straße", "straße", "weg", "allee", "gasse"))
    return (draws.choice(_STREETS) if draws.random() < 0.6 else _syllables(draws)).capitalize() + end


def firm(draws: Random) -> str:
    """Return a firm."""
    return draws.choice(_FIRMS) if draws.random() < 0.6 else made_up(draws)


def _syllables(draws: Random) -> str:
    return "".join(draws.choice(_ONSETS) + draws.choice(_RHYMES) for _ in range(draws.choice((1, 2))))
