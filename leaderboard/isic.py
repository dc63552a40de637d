"""Names of the sections and divisions of ISIC Rev. 4.

Source: United Nations Statistics Division, International Standard Industrial Classification of All Economic Activities,
Revision 4 (2008), 21 sections and 88 divisions. Chinese names follow the Chinese edition.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.text import Text

__all__ = ["ISIC_DIVISIONS", "ISIC_SECTIONS"]

ISIC_SECTIONS: Mapping[str, Text] = {
    "A": Text("Agriculture, forestry and fishing", "农业、林业及渔业"),
    "B": Text("Mining and quarrying", "采矿和采石"),
    "C": Text("Manufacturing", "制造业"),
    "D": Text("Electricity, gas, steam and air conditioning supply", "电、煤气、蒸气和空调的供应"),
    "E": Text(
        "Water supply; sewerage, waste management and remediation activities", "供水；污水处理、废物管理和补救活动"
    ),
    "F": Text("Construction", "建筑业"),
    "G": Text(
        "Wholesale and retail trade; repair of motor vehicles and motorcycles", "批发和零售业；汽车和摩托车的修理"
    ),
    "H": Text("Transportation and storage", "运输和储存"),
    "I": Text("Accommodation and food service activities", "食宿服务活动"),
    "J": Text("Information and communication", "信息和通信"),
    "K": Text("Financial and insurance activities", "金融和保险活动"),
    "L": Text("Real estate activities", "房地产活动"),
    "M": Text("Professional, scientific and technical activities", "专业、科学和技术活动"),
    "N": Text("Administrative and support service activities", "行政和辅助活动"),
    "O": Text("Public administration and defence; compulsory social security", "公共管理和国防；强制性社会保障"),
    "P": Text("Education", "教育"),
    "Q": Text("Human health and social work activities", "人体健康和社会工作活动"),
    "R": Text("Arts, entertainment and recreation", "艺术、娱乐和文娱活动"),
    "S": Text("Other service activities", "其他服务活动"),
    "T": Text(
        "Activities of households as employers and for own use",
        "家庭作为雇主的活动；家庭自用、未加区分的物品生产和服务活动",
    ),
    "U": Text("Activities of extraterritorial organizations and bodies", "国际组织和机构的活动"),
}

ISIC_DIVISIONS: Mapping[str, Text] = {
    "A01": Text(
        "Crop and animal production, hunting and related service activities", "作物和牲畜生产、狩猎和相关服务活动"
    ),
    "A02": Text("Forestry and logging", "林业与伐木业"),
    "A03": Text("Fishing and aquaculture", "渔业与水产业"),
    "B05": Text("Mining of coal and lignite", "煤炭和褐煤的开采"),
    "B06": Text("Extraction of crude petroleum and natural gas", "石油及天然气的开采"),
    "B07": Text("Mining of metal ores", "金属矿的开采"),
    "B08": Text("Other mining and quarrying", "其他采矿和采石"),
    "B09": Text("Mining support service activities", "开采辅助服务活动"),
    "C10": Text("Manufacture of food products", "食品的制造"),
    "C11": Text("Manufacture of beverages", "饮料的制造"),
    "C12": Text("Manufacture of tobacco products", "烟草制品的制造"),
    "C13": Text("Manufacture of textiles", "纺织品的制造"),
    "C14": Text("Manufacture of wearing apparel", "服装的制造"),
    "C15": Text("Manufacture of leather and related products", "皮革和相关产品的制造"),
    "C16": Text(
        "Manufacture of wood and of products of wood and cork, except furniture",
        "木材、木材制品和软木制品的制造（家具除外）",
    ),
    "C17": Text("Manufacture of paper and paper products", "纸和纸制品的制造"),
    "C18": Text("Printing and reproduction of recorded media", "记录媒介物的印制及复制"),
    "C19": Text("Manufacture of coke and refined petroleum products", "焦炭和精炼石油产品的制造"),
    "C20": Text("Manufacture of chemicals and chemical products", "化学品及化学制品的制造"),
    "C21": Text("Manufacture of basic pharmaceutical products and preparations", "基本医药产品和医药制剂的制造"),
    "C22": Text("Manufacture of rubber and plastics products", "橡胶和塑料制品的制造"),
    "C23": Text("Manufacture of other non-metallic mineral products", "其他非金属矿物制品的制造"),
    "C24": Text("Manufacture of basic metals", "基本金属的制造"),
    "C25": Text(
        "Manufacture of fabricated metal products, except machinery and equipment", "金属制品的制造，但机械和设备除外"
    ),
    "C26": Text("Manufacture of computer, electronic and optical products", "计算机、电子产品和光学产品的制造"),
    "C27": Text("Manufacture of electrical equipment", "电力设备的制造"),
    "C28": Text("Manufacture of machinery and equipment n.e.c.", "未另分类的机械和设备的制造"),
    "C29": Text("Manufacture of motor vehicles, trailers and semi-trailers", "汽车、挂车和半挂车的制造"),
    "C30": Text("Manufacture of other transport equipment", "其他运输设备的制造"),
    "C31": Text("Manufacture of furniture", "家具的制造"),
    "C32": Text("Other manufacturing", "其他制造业"),
    "C33": Text("Repair and installation of machinery and equipment", "机械和设备的修理和安装"),
    "D35": Text("Electricity, gas, steam and air conditioning supply", "电、煤气、蒸气和空调的供应"),
    "E36": Text("Water collection, treatment and supply", "集水、水处理与水供应"),
    "E37": Text("Sewerage", "污水处理"),
    "E38": Text("Waste collection, treatment and disposal; materials recovery", "废物的收集、处理和处置活动；材料回收"),
    "E39": Text("Remediation activities and other waste management services", "补救活动和其他废物管理服务"),
    "F41": Text("Construction of buildings", "楼宇的建筑"),
    "F42": Text("Civil engineering", "土木工程"),
    "F43": Text("Specialized construction activities", "特殊建筑活动"),
    "G45": Text(
        "Wholesale and retail trade and repair of motor vehicles and motorcycles", "汽车和摩托车的批发和零售贸易及修理"
    ),
    "G46": Text("Wholesale trade, except of motor vehicles and motorcycles", "批发贸易，但汽车和摩托车除外"),
    "G47": Text("Retail trade, except of motor vehicles and motorcycles", "零售贸易，但汽车和摩托车除外"),
    "H49": Text("Land transport and transport via pipelines", "陆路运输与管道运输"),
    "H50": Text("Water transport", "水上运输"),
    "H51": Text("Air transport", "航空运输"),
    "H52": Text("Warehousing and support activities for transportation", "运输的储藏和辅助活动"),
    "H53": Text("Postal and courier activities", "邮政和邮递活动"),
    "I55": Text("Accommodation", "住宿"),
    "I56": Text("Food and beverage service activities", "食品和饮料供应服务活动"),
    "J58": Text("Publishing activities", "出版活动"),
    "J59": Text(
        "Motion picture, video and television programme production, sound recording and music publishing",
        "电影、录像和电视节目的制作、录音及音乐作品出版活动",
    ),
    "J60": Text("Programming and broadcasting activities", "电台和电视广播"),
    "J61": Text("Telecommunications", "电信"),
    "J62": Text("Computer programming, consultancy and related activities", "计算机程序设计、咨询及相关活动"),
    "J63": Text("Information service activities", "信息服务活动"),
    "K64": Text("Financial service activities, except insurance and pension funding", "金融服务活动，保险和养恤金除外"),
    "K65": Text(
        "Insurance, reinsurance and pension funding, except compulsory social security",
        "保险、再保险和养恤金，但强制性社会保障除外",
    ),
    "K66": Text("Activities auxiliary to financial service and insurance activities", "金融保险服务及其附属活动"),
    "L68": Text("Real estate activities", "房地产活动"),
    "M69": Text("Legal and accounting activities", "法律和会计活动"),
    "M70": Text("Activities of head offices; management consultancy activities", "总公司的活动；管理咨询活动"),
    "M71": Text(
        "Architectural and engineering activities; technical testing and analysis", "建筑和工程活动；技术测试和分析"
    ),
    "M72": Text("Scientific research and development", "科学研究与发展"),
    "M73": Text("Advertising and market research", "广告业和市场调研"),
    "M74": Text("Other professional, scientific and technical activities", "其他专业、科学和技术活动"),
    "M75": Text("Veterinary activities", "兽医活动"),
    "N77": Text("Rental and leasing activities", "出租和租赁活动"),
    "N78": Text("Employment activities", "就业活动"),
    "N79": Text(
        "Travel agency, tour operator, reservation service and related activities",
        "旅行社、旅游经营者、预订服务及相关活动",
    ),
    "N80": Text("Security and investigation activities", "调查和安保活动"),
    "N81": Text("Services to buildings and landscape activities", "为楼宇和院落景观活动提供的服务"),
    "N82": Text(
        "Office administrative, office support and other business support activities",
        "办公室行政管理、办公支持和其他企业辅助活动",
    ),
    "O84": Text("Public administration and defence; compulsory social security", "公共管理和国防；强制性社会保障"),
    "P85": Text("Education", "教育"),
    "Q86": Text("Human health activities", "人体健康活动"),
    "Q87": Text("Residential care activities", "留宿护理活动"),
    "Q88": Text("Social work activities without accommodation", "不配备食宿的社会服务"),
    "R90": Text("Creative, arts and entertainment activities", "艺术创作和文娱活动"),
    "R91": Text("Libraries, archives, museums and other cultural activities", "图书馆、档案馆、博物馆及其他文化活动"),
    "R92": Text("Gambling and betting activities", "赌博和押宝活动"),
    "R93": Text("Sports activities and amusement and recreation activities", "体育、娱乐和文娱活动"),
    "S94": Text("Activities of membership organizations", "成员组织的活动"),
    "S95": Text("Repair of computers and personal and household goods", "电脑及个人和家庭用品的修理"),
    "S96": Text("Other personal service activities", "其他个人服务活动"),
    "T97": Text("Activities of households as employers of domestic personnel", "家庭作为家政人员雇主的活动"),
    "T98": Text(
        "Undifferentiated goods- and services-producing activities of private households for own use",
        "未加区分的私人家庭自用物品生产和服务活动",
    ),
    "U99": Text("Activities of extraterritorial organizations and bodies", "国际组织和机构的活动"),
}
