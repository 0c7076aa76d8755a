package simulator

// city is where buildings stand.
type city struct {
	name, code, country, state, zone string
	lat, lon                         float64
	street, postal                   string
}

var cities = []city{
	{"Amsterdam", "AMS", "Netherlands", "", "W. Europe Standard Time", 52.3389, 4.8727, "Strawinskylaan 40", "1077 XX"},
	{"London", "LON", "United Kingdom", "", "GMT Standard Time", 51.5145, -0.0822, "Bishopsgate 120", "EC2M 4RB"},
	{"Berlin", "BER", "Germany", "", "W. Europe Standard Time", 52.5075, 13.3904, "Zimmerstrasse 18", "10969"},
	{"New York", "NYC", "United States", "NY", "Eastern Standard Time", 40.7527, -73.9772, "Lexington Avenue 405", "10174"},
	{"Lisbon", "LIS", "Portugal", "", "GMT Standard Time", 38.7223, -9.1393, "Avenida da Liberdade 110", "1269-046"},
	{"Singapore", "SIN", "Singapore", "", "Singapore Standard Time", 1.2806, 103.8510, "Marina Boulevard 12", "018982"},
	{"Seattle", "SEA", "United States", "WA", "Pacific Standard Time", 47.6062, -122.3321, "Union Street 600", "98101"},
	{"Bengaluru", "BLR", "India", "KA", "India Standard Time", 12.9716, 77.5946, "Residency Road 24", "560025"},
	{"Paris", "PAR", "France", "", "Romance Standard Time", 48.8738, 2.2950, "Avenue Kleber 33", "75116"},
	{"Sydney", "SYD", "Australia", "NSW", "AUS Eastern Standard Time", -33.8688, 151.2093, "George Street 200", "2000"},
	{"Sao Paulo", "SAO", "Brazil", "SP", "E. South America Standard Time", -23.5614, -46.6559, "Avenida Paulista 1500", "01310-200"},
	{"Tokyo", "TYO", "Japan", "", "Tokyo Standard Time", 35.6812, 139.7671, "Marunouchi 2-7", "100-0005"},
}

// theme names the rooms of a building.
type theme struct {
	name  string
	words []string
}

var themes = []theme{
	{"architects", []string{"Aalto", "Bauhaus", "Cederström", "Dudok", "Eames", "Foster", "Gaudí", "Hadid", "Ito", "Jacobsen", "Kahn", "Lissitzky", "Mies", "Niemeyer", "Oud", "Piano", "Rietveld", "Saarinen", "Tange", "Utzon", "Venturi", "Wright", "Xenakis", "Yamasaki", "Zumthor"}},
	{"rivers", []string{"Avon", "Brent", "Cam", "Dart", "Exe", "Fleet", "Great Ouse", "Humber", "Itchen", "Jubilee", "Kennet", "Lea", "Medway", "Nene", "Orwell", "Parrett", "Quaggy", "Ribble", "Severn", "Thames", "Ure", "Vyrnwy", "Wye", "Yare"}},
	{"composers", []string{"Albéniz", "Bach", "Clara Schumann", "Dvořák", "Elgar", "Fanny Hensel", "Glinka", "Händel", "Ives", "Janáček", "Kodály", "Ligeti", "Mahler", "Nono", "Orff", "Prokofiev", "Quantz", "Ravel", "Satie", "Telemann", "Ullmann", "Verdi", "Weill", "Ysaÿe", "Zemlinsky"}},
	{"bridges", []string{"Alexander", "Brooklyn", "Carroll", "Danzig", "Eads", "Fulton", "Goethals", "Hell Gate", "Iron", "Kosciuszko", "Lions Gate", "Manhattan", "Navajo", "Outerbridge", "Pulaski", "Queensboro", "Royal Gorge", "Sunshine", "Throgs Neck", "Union", "Verrazzano", "Williamsburg", "Zakim"}},
	{"explorers", []string{"Amundsen", "Barents", "Cabral", "Dias", "Earhart", "Franklin", "Gama", "Humboldt", "Ibn Battuta", "Johansen", "Kingsley", "Livingstone", "Magellan", "Nansen", "Ortelius", "Polo", "Quirós", "Ross", "Shackleton", "Tasman", "Ulloa", "Vespucci", "Weddell", "Xu Xiake", "Zheng He"}},
	{"trees", []string{"Angsana", "Banyan", "Cengal", "Durian", "Ebony", "Frangipani", "Gelam", "Hopea", "Ixora", "Jelutong", "Kapur", "Leban", "Meranti", "Nutmeg", "Orchid", "Penaga", "Rambutan", "Saga", "Tembusu", "Ubah", "Waringin", "Yellow Flame"}},
	{"mountains", []string{"Adams", "Baker", "Constance", "Daniel", "Eldorado", "Forbidden", "Glacier", "Hood", "Index", "Johannesburg", "Kyes", "Liberty", "Maude", "North Twin", "Olympus", "Pilchuck", "Quartz", "Rainier", "Shuksan", "Tahoma", "Vesper", "Whitehorse", "Yakima"}},
	{"ragas", []string{"Abhogi", "Bhairavi", "Charukesi", "Desh", "Hamsadhwani", "Jog", "Kalyani", "Lalit", "Malkauns", "Nat", "Pahadi", "Ranjani", "Shankara", "Todi", "Vasanta", "Yaman"}},
	{"painters", []string{"Arp", "Bonheur", "Cézanne", "Degas", "Ernst", "Fragonard", "Gauguin", "Hodler", "Ingres", "Kupka", "Léger", "Monet", "Nattier", "Oudry", "Pissarro", "Redon", "Seurat", "Toulouse", "Utrillo", "Valadon", "Watteau", "Zorn"}},
	{"birds", []string{"Avocet", "Brolga", "Currawong", "Dotterel", "Emu", "Fairy-wren", "Galah", "Honeyeater", "Ibis", "Jacana", "Kookaburra", "Lorikeet", "Magpie", "Noddy", "Osprey", "Pelican", "Quail", "Rosella", "Swamphen", "Tern", "Wattlebird"}},
	{"elements", []string{"Argon", "Boron", "Carbon", "Dysprosium", "Erbium", "Fluorine", "Gallium", "Helium", "Iodine", "Krypton", "Lithium", "Magnesium", "Neon", "Oxygen", "Platinum", "Radium", "Selenium", "Titanium", "Uranium", "Vanadium", "Xenon", "Yttrium", "Zinc"}},
	{"gardens", []string{"Ajisai", "Botan", "Ceder", "Enoki", "Fuji", "Ginkgo", "Hagi", "Icho", "Keyaki", "Matsu", "Nashi", "Ran", "Sakura", "Take", "Ume", "Yanagi"}},
}

// sites tell the buildings of one city apart.
var sites = []string{"HQ", "Campus", "Centre", "Tower", "Works", "Park", "Dock", "Gate", "Court", "Square", "Wharf", "House"}

var givenNames = []string{"Adele", "Alex", "Aisha", "Anneke", "Bruno", "Carmen", "Chen", "Christie", "Daan", "Diego", "Elif", "Emily", "Fatima", "Femke", "Grady", "Hana", "Henrietta", "Ines", "Isaiah", "Jasper", "Johanna", "Jonas", "Kwame", "Lee", "Lidia", "Lynne", "Mateus", "Megan", "Miriam", "Nestor", "Noor", "Olga", "Patti", "Pieter", "Pradeep", "Rania", "Raul", "Sanne", "Siân", "Tomasz", "Valeria", "Wen", "Yuki", "Zoë"}

var familyNames = []string{"Vance", "Wilber", "de Boer", "Bakker", "Okafor", "Silva", "Lindqvist", "Cline", "Devon", "García", "Yılmaz", "Braun", "Haddad", "Visser", "Archie", "Novák", "Mueller", "Ferreira", "Langer", "Smit", "Lorenz", "Keller", "Mensah", "Gu", "Holloway", "Robbins", "Costa", "Bowen", "Stein", "Wilke", "El Amrani", "Petrova", "Fernandez", "van Dijk", "Gupta", "Saleh", "Moreno", "Jansen", "O'Neill", "Kowalski", "Rossi", "Zhang", "Tanaka", "Müller"}

var departments = []struct {
	name   string
	titles []string
}{
	{"Product", []string{"Product Manager", "Product Designer", "User Researcher"}},
	{"Engineering", []string{"Software Engineer", "Engineering Manager", "Site Reliability Engineer", "Test Engineer"}},
	{"Facilities", []string{"Facilities Manager", "Workplace Coordinator", "Reception Lead"}},
	{"Finance", []string{"Controller", "Financial Analyst", "Payroll Specialist"}},
	{"Sales", []string{"Account Manager", "Sales Director", "Solution Architect"}},
	{"Marketing", []string{"Marketing Manager", "Content Editor", "Events Manager"}},
	{"People", []string{"HR Business Partner", "Recruiter"}},
	{"Legal", []string{"Legal Counsel", "Privacy Officer"}},
	{"IT", []string{"Systems Administrator", "Support Engineer", "Identity Architect"}},
}

// meetingNames by the kind of a meeting.
var (
	singleNames  = []string{"Design review", "Customer workshop", "Interview", "Quarterly figures", "Vendor demo", "Project kick-off", "Retrospective", "Roadmap", "Contract review", "Incident review", "Training", "Press briefing", "Onboarding", "Site visit", "Pricing", "Accessibility audit", "Release go/no-go", "Tenant migration", "Fire drill briefing", "Partner meeting", "Brainstorm", "Data protection review", "Supplier negotiation", "Works council", "Portfolio review"}
	soloNames    = []string{"Focus time", "Lunch", "Prepare slides", "1:1", "Travel", "Writing", "Call with customer", "Gym", "School run"}
	privateNames = []string{"Dentist", "Salary talk", "Personal", "Doctor", "Performance review"}
	awayNames    = []string{"Out of office", "Annual leave", "Annual leave", "Conference", "Parental leave"}
	repairs      = []string{"Out of service: display", "Out of service: air conditioning", "Maintenance", "Out of service: carpet"}
	allDayNames  = []string{"Offsite", "Maintenance", "Board day", "Hackathon", "Audit"}
	projects     = []string{"Atlas", "Borealis", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Helios"}
)
