"""Names of the sections and divisions of GB/T 4754-2017, China's industrial classification.

Source: GB/T 4754-2017, Industrial classification for national economic activities (国民经济行业分类), 20 sections and
97 divisions. The standard's names are Chinese; the English ones are translations.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.text import Text

__all__ = ["GBT_DIVISIONS", "GBT_SECTIONS"]

GBT_SECTIONS: Mapping[str, Text] = {
    "A": Text("Agriculture, forestry, animal husbandry and fishery", "农、林、牧、渔业"),
    "B": Text("Mining", "采矿业"),
    "C": Text("Manufacturing", "制造业"),
    "D": Text("Production and supply of electricity, heat, gas and water", "电力、热力、燃气及水生产和供应业"),
    "E": Text("Construction", "建筑业"),
    "F": Text("Wholesale and retail trade", "批发和零售业"),
    "G": Text("Transport, storage and post", "交通运输、仓储和邮政业"),
    "H": Text("Accommodation and catering", "住宿和餐饮业"),
    "I": Text(
        "Information transmission, software and information technology services", "信息传输、软件和信息技术服务业"
    ),
    "J": Text("Finance", "金融业"),
    "K": Text("Real estate", "房地产业"),
    "L": Text("Leasing and business services", "租赁和商务服务业"),
    "M": Text("Scientific research and technical services", "科学研究和技术服务业"),
    "N": Text("Water conservancy, environment and public facilities management", "水利、环境和公共设施管理业"),
    "O": Text("Household services, repair and other services", "居民服务、修理和其他服务业"),
    "P": Text("Education", "教育"),
    "Q": Text("Health and social work", "卫生和社会工作"),
    "R": Text("Culture, sports and entertainment", "文化、体育和娱乐业"),
    "S": Text("Public administration, social security and social organizations", "公共管理、社会保障和社会组织"),
    "T": Text("International organizations", "国际组织"),
}

GBT_DIVISIONS: Mapping[str, Text] = {
    "A01": Text("Crop farming", "农业"),
    "A02": Text("Forestry", "林业"),
    "A03": Text("Animal husbandry", "畜牧业"),
    "A04": Text("Fishery", "渔业"),
    "A05": Text(
        "Support activities for agriculture, forestry, husbandry and fishery", "农、林、牧、渔专业及辅助性活动"
    ),
    "B06": Text("Mining and washing of coal", "煤炭开采和洗选业"),
    "B07": Text("Extraction of petroleum and natural gas", "石油和天然气开采业"),
    "B08": Text("Mining and processing of ferrous metal ores", "黑色金属矿采选业"),
    "B09": Text("Mining and processing of non-ferrous metal ores", "有色金属矿采选业"),
    "B10": Text("Mining and processing of non-metal ores", "非金属矿采选业"),
    "B11": Text("Support activities for mining", "开采专业及辅助性活动"),
    "B12": Text("Other mining", "其他采矿业"),
    "C13": Text("Processing of food from agricultural products", "农副食品加工业"),
    "C14": Text("Manufacture of foods", "食品制造业"),
    "C15": Text("Manufacture of liquor, beverages and refined tea", "酒、饮料和精制茶制造业"),
    "C16": Text("Manufacture of tobacco products", "烟草制品业"),
    "C17": Text("Manufacture of textiles", "纺织业"),
    "C18": Text("Manufacture of textile wearing apparel", "纺织服装、服饰业"),
    "C19": Text("Manufacture of leather, fur, feather products and footwear", "皮革、毛皮、羽毛及其制品和制鞋业"),
    "C20": Text(
        "Processing of timber; wood, bamboo, rattan, palm and straw products", "木材加工和木、竹、藤、棕、草制品业"
    ),
    "C21": Text("Manufacture of furniture", "家具制造业"),
    "C22": Text("Manufacture of paper and paper products", "造纸和纸制品业"),
    "C23": Text("Printing and reproduction of recording media", "印刷和记录媒介复制业"),
    "C24": Text(
        "Manufacture of articles for culture, education, arts, sports and entertainment",
        "文教、工美、体育和娱乐用品制造业",
    ),
    "C25": Text("Processing of petroleum, coal and other fuels", "石油、煤炭及其他燃料加工业"),
    "C26": Text("Manufacture of raw chemical materials and chemical products", "化学原料和化学制品制造业"),
    "C27": Text("Manufacture of medicines", "医药制造业"),
    "C28": Text("Manufacture of chemical fibres", "化学纤维制造业"),
    "C29": Text("Manufacture of rubber and plastics products", "橡胶和塑料制品业"),
    "C30": Text("Manufacture of non-metallic mineral products", "非金属矿物制品业"),
    "C31": Text("Smelting and pressing of ferrous metals", "黑色金属冶炼和压延加工业"),
    "C32": Text("Smelting and pressing of non-ferrous metals", "有色金属冶炼和压延加工业"),
    "C33": Text("Manufacture of metal products", "金属制品业"),
    "C34": Text("Manufacture of general-purpose machinery", "通用设备制造业"),
    "C35": Text("Manufacture of special-purpose machinery", "专用设备制造业"),
    "C36": Text("Manufacture of automobiles", "汽车制造业"),
    "C37": Text(
        "Manufacture of railway, ship, aerospace and other transport equipment",
        "铁路、船舶、航空航天和其他运输设备制造业",
    ),
    "C38": Text("Manufacture of electrical machinery and apparatus", "电气机械和器材制造业"),
    "C39": Text(
        "Manufacture of computers, communication and other electronic equipment", "计算机、通信和其他电子设备制造业"
    ),
    "C40": Text("Manufacture of measuring instruments and machinery", "仪器仪表制造业"),
    "C41": Text("Other manufacturing", "其他制造业"),
    "C42": Text("Utilization of waste resources", "废弃资源综合利用业"),
    "C43": Text("Repair of metal products, machinery and equipment", "金属制品、机械和设备修理业"),
    "D44": Text("Production and supply of electricity and heat", "电力、热力生产和供应业"),
    "D45": Text("Production and supply of gas", "燃气生产和供应业"),
    "D46": Text("Production and supply of water", "水的生产和供应业"),
    "E47": Text("Construction of buildings", "房屋建筑业"),
    "E48": Text("Civil engineering construction", "土木工程建筑业"),
    "E49": Text("Building installation", "建筑安装业"),
    "E50": Text("Building decoration, fitting-out and other construction", "建筑装饰、装修和其他建筑业"),
    "F51": Text("Wholesale trade", "批发业"),
    "F52": Text("Retail trade", "零售业"),
    "G53": Text("Railway transport", "铁路运输业"),
    "G54": Text("Road transport", "道路运输业"),
    "G55": Text("Water transport", "水上运输业"),
    "G56": Text("Air transport", "航空运输业"),
    "G57": Text("Pipeline transport", "管道运输业"),
    "G58": Text("Multimodal transport and transport agency", "多式联运和运输代理业"),
    "G59": Text("Loading, unloading and storage", "装卸搬运和仓储业"),
    "G60": Text("Post", "邮政业"),
    "H61": Text("Accommodation", "住宿业"),
    "H62": Text("Catering", "餐饮业"),
    "I63": Text("Telecommunications, broadcasting and satellite transmission", "电信、广播电视和卫星传输服务"),
    "I64": Text("Internet and related services", "互联网和相关服务"),
    "I65": Text("Software and information technology services", "软件和信息技术服务业"),
    "J66": Text("Monetary and financial services", "货币金融服务"),
    "J67": Text("Capital market services", "资本市场服务"),
    "J68": Text("Insurance", "保险业"),
    "J69": Text("Other finance", "其他金融业"),
    "K70": Text("Real estate", "房地产业"),
    "L71": Text("Leasing", "租赁业"),
    "L72": Text("Business services", "商务服务业"),
    "M73": Text("Research and experimental development", "研究和试验发展"),
    "M74": Text("Professional technical services", "专业技术服务业"),
    "M75": Text("Science and technology promotion and application services", "科技推广和应用服务业"),
    "N76": Text("Water conservancy management", "水利管理业"),
    "N77": Text("Ecological protection and environmental governance", "生态保护和环境治理业"),
    "N78": Text("Public facilities management", "公共设施管理业"),
    "N79": Text("Land management", "土地管理业"),
    "O80": Text("Household services", "居民服务业"),
    "O81": Text("Repair of motor vehicles, electronics and daily-use products", "机动车、电子产品和日用产品修理业"),
    "O82": Text("Other services", "其他服务业"),
    "P83": Text("Education", "教育"),
    "Q84": Text("Health", "卫生"),
    "Q85": Text("Social work", "社会工作"),
    "R86": Text("Journalism and publishing", "新闻和出版业"),
    "R87": Text("Radio, television, film and sound recording production", "广播、电视、电影和录音制作业"),
    "R88": Text("Culture and arts", "文化艺术业"),
    "R89": Text("Sports", "体育"),
    "R90": Text("Entertainment", "娱乐业"),
    "S91": Text("Organs of the Communist Party of China", "中国共产党机关"),
    "S92": Text("State organs", "国家机构"),
    "S93": Text("People's Political Consultative Conference and democratic parties", "人民政协、民主党派"),
    "S94": Text("Social security", "社会保障"),
    "S95": Text(
        "Mass organizations, social groups and other membership organizations", "群众团体、社会团体和其他成员组织"
    ),
    "S96": Text("Grassroots self-governing and other organizations", "基层群众自治组织及其他组织"),
    "T97": Text("International organizations", "国际组织"),
}
